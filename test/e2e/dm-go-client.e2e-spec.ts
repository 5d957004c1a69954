import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeDmUpload } from '@tracer/storage';
import { dmBinlog, dmJob } from '../../libs/storage/src/testing/dm-events.js';
import { ask } from './fixtures/dm-client.js';
import { GoGrpcClient } from './fixtures/go-grpc-client.js';
import { SpanWorld } from './fixtures/span-world.js';

/** What a worker's client does to the port, while others use it for HTTP. */
const world = new SpanWorld();
let client: GoGrpcClient;
beforeAll(async () => {
  await world.start();
  client = await GoGrpcClient.connect(world.port);
}, 60_000);
afterAll(async () => {
  client.close();
  await world.close();
});

const BINLOG = '/pb.Tracer/UploadSyncerBinlogEvent';
const JOB = '/pb.Tracer/UploadSyncerJobEvent';
const STORED = { status: 0, message: 'OK', body: Buffer.from([8, 1]) };
/** The published tracer closes connections that say nothing for ten seconds. */
const IDLE_MS = 10_500;

/** A job whose upload has exactly so many bytes. */
function uploadOf(traceId: string, bytes: number): Buffer {
  const encoded = (size: number): Buffer =>
    encodeDmUpload([dmJob(traceId, { opType: 0, state: 0, sql: Buffer.alloc(size, 'x') })]);
  return encoded(bytes - (encoded(bytes).length - bytes));
}

const sqlLength = async (id: string): Promise<number> => {
  const { body } = await ask(world.port, `GET /events/query?trace_id=${id}`);
  return (JSON.parse(body) as { event: { sql: string } }[])[0]?.event.sql.length ?? 0;
};

describe('a client as workers have it', () => {
  it('keeps its one connection, idle before the first call, between calls and after a call was given up', async () => {
    await sleep(IDLE_MS);
    await client.ping();
    expect((await client.call('/pb.Tracer/GetTSO', Buffer.from('0a0161', 'hex'))).status).toBe(0);
    expect(await client.call(BINLOG, encodeDmUpload([dmBinlog('first')]))).toEqual(STORED);
    client.abandon(JOB);
    await sleep(300);
    await client.ping();
    expect(await client.call(BINLOG, encodeDmUpload([dmBinlog('second')]))).toEqual(STORED);
    expect(client.isOpen).toBe(true);
  });

  it('may compress', async () => {
    expect(await client.call(JOB, uploadOf('zipped', 300_000), { gzip: true })).toEqual(STORED);
    expect(await sqlLength('zipped')).toBeGreaterThan(299_000);
  });

  it('sends 4 MiB and not a byte more, compressed or not, on the same connection', async () => {
    const MOST = 4 << 20;
    for (const gzip of [false, true]) {
      const id = gzip ? 'large-zipped' : 'large';
      expect(await client.call(JOB, uploadOf(id, MOST), { gzip })).toEqual(STORED);
      expect(await sqlLength(id)).toBeGreaterThan(MOST - 100);
      expect(await client.call(JOB, uploadOf(`more-${id}`, MOST + 1), { gzip })).toMatchObject({
        status: 8,
        message: `grpc: received message larger than max (${MOST + 1} vs. ${MOST})`,
      });
      expect((await ask(world.port, `GET /events/query?trace_id=more-${id}`)).status).toBe(404);
    }
    expect(client.isOpen).toBe(true);
  });

  it('shares the port with HTTP/1 at the same time', async () => {
    const others = await Promise.all(Array.from({ length: 3 }, () => GoGrpcClient.connect(world.port)));
    const uploads = Array.from({ length: 60 }, (_, index) =>
      others[index % 3]?.call(BINLOG, encodeDmUpload([dmBinlog(`mixed-${index}`)])),
    );
    const large = client.call(JOB, uploadOf('mixed-large', 4 << 20));
    const reads = Array.from({ length: 60 }, (_, index) =>
      ask(world.port, index % 2 === 0 ? 'GET /events/scan?limit=3' : 'POST /status'),
    );
    expect(await Promise.all([...uploads, large])).toEqual(Array(61).fill(STORED));
    expect(new Set((await Promise.all(reads)).map(({ status }) => status))).toEqual(new Set([200]));
    const { body } = await ask(world.port, 'GET /events/scan?limit=1000');
    const ids = (JSON.parse(body) as { event: { base: { traceID: string } } }[][]).map(
      ([first]) => first?.event.base.traceID,
    );
    expect(ids.filter((id) => id?.startsWith('mixed-'))).toHaveLength(61);
    for (const other of others) other.close();
  });
});
