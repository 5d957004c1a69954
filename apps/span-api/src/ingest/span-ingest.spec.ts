import { describe, expect, it } from '@jest/globals';
import { TracerError, type Log } from '@tracer/base';
import { decodeZipkinV2Json, Losses, type DecodedSpans } from '@tracer/span-model';
import { InMemoryAtsNames, type SpanBatch } from '@tracer/storage';
import { SpanIngest, type IngestAck } from './span-ingest.js';

const SENDER = { tenant: 'a', clusterId: 'c' };
const span = { traceId: '1', id: '2', name: 'get', localEndpoint: { serviceName: 'front' } };

function decoded(more: Partial<DecodedSpans> = {}): DecodedSpans {
  return { ...decodeZipkinV2Json(Buffer.from(JSON.stringify([span]))), ...more };
}

/** A queue whose writes end when the test says so, and an ingest before it. */
function stage(ack: IngestAck) {
  const batches: SpanBatch[] = [];
  const events: string[] = [];
  let finish: (error?: Error) => void = () => undefined;
  const queue = {
    refuse: false,
    add: (batch: SpanBatch): Promise<void> => {
      if (queue.refuse) return Promise.reject(new TracerError('NOT_READY', 'full'));
      batches.push(batch);
      return new Promise((resolve, reject) => {
        finish = (error) => {
          if (error) reject(error);
          else resolve();
        };
      });
    },
  };
  const note = (name: string) => (what: string, count: number) => void events.push(`${name} ${what} ${count}`);
  const figures = { received: note('received'), rejected: note('rejected'), lost: note('lost') };
  const log: Log = { info: () => undefined, warn: () => undefined, error: (_, message) => void events.push(message) };
  const names = new InMemoryAtsNames();
  const ingest = new SpanIngest(queue, names, ack, figures, log);
  return {
    ingest,
    queue,
    batches,
    events,
    names,
    finish: (error?: Error) => {
      finish(error);
    },
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

describe('SpanIngest', () => {
  it('acknowledges what is committed, with its names', async () => {
    const { ingest, batches, names, finish } = stage('committed');
    let done = false;
    const accepted = ingest.accept('zipkin-v2-json', decoded(), SENDER).then(() => (done = true));
    await turn();
    expect([done, batches]).toEqual([false, [expect.objectContaining({ tenant: 'a', clusterId: 'c' })]]);
    expect(await names.applications({ tenant: 'a', sinceUs: 0 })).toEqual(['front']);
    finish();
    await accepted;
    expect(done).toBe(true);
  });

  it('passes on what the store says', async () => {
    const { ingest, finish } = stage('committed');
    const accepted = ingest.accept('zipkin-v2-json', decoded(), SENDER);
    await turn();
    finish(new Error('disk full'));
    await expect(accepted).rejects.toThrow('disk full');
  });

  it('acknowledges at once when queued is enough, and logs what is lost then', async () => {
    const { ingest, finish, events } = stage('queued');
    await ingest.accept('otlp-proto', decoded(), SENDER);
    finish(new Error('disk full'));
    await turn();
    expect(events).toEqual(['received otlp-proto 1', 'acknowledged spans could not be stored']);
  });

  it.each(['queued', 'committed'] as const)('refuses when the queue is full (%s)', async (ack) => {
    const { ingest, queue } = stage(ack);
    queue.refuse = true;
    await expect(ingest.accept('otlp-json', decoded(), SENDER)).rejects.toMatchObject({ code: 'NOT_READY' });
  });

  it('counts what was refused and lost, and stores no empty batch', async () => {
    const { ingest, batches, events } = stage('committed');
    const losses = Object.assign(new Losses(), { attributes: 3, values: 1 });
    await ingest.accept('otlp-json', decoded({ spans: [], rejected: 2, losses }), SENDER);
    expect(batches).toEqual([]);
    expect(events).toEqual(['received otlp-json 0', 'rejected otlp-json 2', 'lost attributes 3', 'lost values 1']);
  });
});
