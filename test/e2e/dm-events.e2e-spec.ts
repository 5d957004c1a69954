import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { encodeDmUpload, type DmEvent } from '@tracer/storage';
import { dmBinlog, dmJob, dmText } from '../../libs/storage/src/testing/dm-events.js';
import { DmClient } from './fixtures/dm-client.js';
import { page, useDmWorld } from './fixtures/dm-world.js';

const world = useDmWorld();
const { http } = world;
const trace = (number: number): string => `mysql-replica-01.syncer.test.${number}`;

describe('events', () => {
  const binlog = (line: number): DmEvent =>
    dmBinlog(trace(1), { base: { filename: dmText('/path/to/test.go'), line, tso: 1552371525597270410n, type: 1 } });

  it('come back in the order in which they came, types mixed', async () => {
    await world.client.upload(binlog(1), dmJob(trace(1), { base: { line: 2 }, opType: 0, state: 0 }), binlog(3));
    const { body, headers } = await http(`GET /events/query?trace_id=${trace(1)}`);
    expect(headers['content-type']).toBe('application/json');
    expect(
      (JSON.parse(body) as { type: number; event: { base: { line: number } } }[]).map(({ type, event }) => [
        type,
        event.base.line,
      ]),
    ).toEqual([
      [1, 1],
      [2, 2],
      [1, 3],
    ]);
    expect(body).toContain('"tso": 1552371525597270410,\n');
  });

  it('print with all their fields in order', async () => {
    await world.client.upload(
      dmJob('extreme', {
        base: { filename: dmText('a.go'), line: -1, tso: 2n ** 63n - 1n, groupId: dmText('resolveDDLLock.1'), type: 2 },
        opType: -(2 ** 31),
        pos: { name: Buffer.alloc(0), pos: 0 },
        currentPos: { name: dmText('mysql-bin|000001.000004'), pos: 2 ** 32 - 1 },
        sql: dmText('a<b>c&d "q" \\ / \u2028 \x7f \0\t\n\r\b\f\x1f é 😀'),
        ddls: [Buffer.alloc(0), dmText('x')],
        argsChecksum: 2 ** 32 - 1,
        ddlInfo: { lockId: dmText('l'), exec: true },
        queueBucket: dmText('q_1'),
        state: 3,
      }),
    );
    const lines = [
      '[',
      ' {',
      '  "type": 2,',
      '  "event": {',
      '   "base": {',
      '    "filename": "a.go",',
      '    "line": -1,',
      '    "tso": 9223372036854775807,',
      '    "traceID": "extreme",',
      '    "groupID": "resolveDDLLock.1",',
      '    "type": 2',
      '   },',
      '   "opType": -2147483648,',
      '   "pos": {},',
      '   "currentPos": {',
      '    "name": "mysql-bin|000001.000004",',
      '    "pos": 4294967295',
      '   },',
      '   "sql": "a\\u003cb\\u003ec\\u0026d \\"q\\" \\\\ / \\u2028 \x7f \\u0000\\t\\n\\r\\u0008\\u000c\\u001f é 😀",',
      '   "ddls": [',
      '    "",',
      '    "x"',
      '   ],',
      '   "argsChecksum": 4294967295,',
      '   "ddlInfo": {',
      '    "lockID": "l",',
      '    "exec": true',
      '   },',
      '   "queueBucket": "q_1",',
      '   "state": 3',
      '  }',
      ' }',
      ']',
    ];
    expect((await http('GET /events/query?trace_id=extreme')).body).toBe(lines.join('\n'));
  });

  it('leave out zeros, but not messages that are there', async () => {
    const nowhere = { name: Buffer.alloc(0), pos: 0 };
    await world.client.upload(
      dmBinlog('sub', {
        base: { type: 99 },
        state: { safeMode: false, tryReSync: true, lastPos: nowhere, currentPos: { ...nowhere, pos: 1 } },
      }),
      dmBinlog('sub', { state: { safeMode: false, tryReSync: false } }),
      dmJob('sub', { base: { type: 1 }, opType: 0, state: 0, ddlInfo: { lockId: Buffer.alloc(0), exec: false } }),
    );
    const { body } = await http('GET /events/query?trace_id=sub');
    expect(JSON.parse(body)).toEqual([
      {
        type: 1,
        event: { base: { traceID: 'sub', type: 99 }, state: { tryReSync: true, lastPos: {}, currentPos: { pos: 1 } } },
      },
      { type: 1, event: { base: { traceID: 'sub' }, state: {} } },
      { type: 2, event: { base: { traceID: 'sub', type: 1 }, ddlInfo: {} } },
    ]);
    expect(body).toContain('   "state": {}\n');
  });

  it('are found by the bytes of their trace id', async () => {
    await world.client.upload(dmBinlog(Buffer.from('utf8bad\x80', 'latin1')));
    expect((await http('GET /events/query?trace_id=utf8bad%80')).body).toContain('"traceID": "utf8bad\\ufffd"');
    expect((await http('GET /events/query?trace_id=utf8bad%EF%BF%BD')).status).toBe(404);
    expect((await http('POST /events/delete?trace_id=utf8bad%80')).body).toContain('"trace_id": "utf8bad\\ufffd"');
  });

  it('without a trace id stay together, and only truncating removes them', async () => {
    await world.client.upload(dmBinlog(''), dmBinlog('x'), dmBinlog(''));
    expect(JSON.parse((await http('GET /events/scan')).body)).toHaveLength(2);
    expect((await http('GET /events/query?trace_id=')).status).toBe(400);
    expect((await http('POST /events/delete?trace_id=')).status).toBe(400);
    await http('POST /events/truncate');
    expect((await http('GET /events/scan')).body).toBe('[]');
  });

  it('are framed by length up to 2048 bytes, and in chunks beyond', async () => {
    for (const size of [2048, 2049]) {
      const id = `framing${size}`;
      const empty =
        `[\n {\n  "type": 2,\n  "event": {\n   "base": {\n    "traceID": "${id}"\n   },\n   "sql": ""\n  }\n ]\n]`
          .length;
      await world.client.upload(dmJob(id, { opType: 0, state: 0, sql: Buffer.alloc(size - empty, 'x') }));
      const { headers, body } = await http(`GET /events/query?trace_id=${id}`);
      expect(body).toHaveLength(size);
      expect([headers['content-length'], headers['transfer-encoding']]).toEqual(
        size === 2048 ? ['2048', undefined] : [undefined, 'chunked'],
      );
    }
  });
});

describe('gRPC', () => {
  const UPLOAD = '/pb.Tracer/UploadSyncerBinlogEvent';
  const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

  it('gives the time in nanoseconds', async () => {
    for (const request of [hex(''), hex('0a03616263'), hex('7801')]) {
      const answer = (await world.client.call('/pb.Tracer/GetTSO', request)) as Buffer;
      expect(answer.subarray(0, 3)).toEqual(hex('0801 18'));
      let ns = 0n;
      for (const [index, byte] of answer.subarray(3).entries()) ns |= BigInt(byte & 127) << BigInt(7 * index);
      expect(Math.abs(Number(ns / 1_000_000n) - Date.now())).toBeLessThan(600_000);
    }
  });

  it('answers an upload with result: true and nothing else', async () => {
    expect(await world.client.call(UPLOAD, hex('0a06 0a04 22027431'))).toEqual(hex('0801'));
    expect(await world.client.call(UPLOAD, hex(''))).toEqual(hex('0801'));
    expect((await http('GET /events/scan')).body).toBe(page('t1'));
  });

  it.each([
    ['/pb.Tracer/Nope', '', 12, 'unknown method Nope for service pb.Tracer'],
    ['/pb.Nope/GetTSO', '', 12, 'unknown service pb.Nope'],
    ['/Tracer/GetTSO', '', 12, 'unknown service Tracer'],
    ['/pb.Tracer/GetTSO', '0a', 13, 'grpc: error unmarshalling request: unexpected EOF'],
    ['/pb.Tracer/GetTSO', '0801', 13, 'grpc: error unmarshalling request: proto: wrong wireType = 0 for field Id'],
    [UPLOAD, '0a060a0422027431 0a05', 13, 'grpc: error unmarshalling request: unexpected EOF'],
    // The published tracer dies of this.
    [UPLOAD, '0a060a04 2202 7431 0a02 1801', 3, 'event 2 of the request has no base'],
  ])('refuses %s %s', async (path, message, code, details) => {
    expect(await world.client.call(path, hex(message))).toMatchObject({ code, details });
    expect((await http('GET /events/scan')).body).toBe('[]');
  });

  it('takes messages of 4 MiB and no larger ones', async () => {
    const sized = (bytes: number): Buffer => {
      const empty = encodeDmUpload([dmJob('big', { opType: 0, state: 0, sql: Buffer.alloc(1 << 22, 'x') })]).length;
      return encodeDmUpload([
        dmJob('big', { opType: 0, state: 0, sql: Buffer.alloc((1 << 22) - (empty - bytes), 'x') }),
      ]);
    };
    const [largest, tooLarge] = [sized(4_194_304), sized(4_194_305)];
    expect([largest.length, tooLarge.length]).toEqual([4_194_304, 4_194_305]);
    expect(await world.client.call('/pb.Tracer/UploadSyncerJobEvent', tooLarge)).toMatchObject({
      code: 8,
      details: 'grpc: received message larger than max (4194305 vs. 4194304)',
    });
    expect(await world.client.call('/pb.Tracer/UploadSyncerJobEvent', largest)).toEqual(hex('0801'));
    expect((await http('GET /events/query?trace_id=big')).body.length).toBeGreaterThan(4_194_000);
  });

  it('understands gzip', async () => {
    const zipping = new DmClient(world.port, { gzip: true });
    await zipping.upload(dmJob('zipped', { opType: 0, state: 0, sql: Buffer.alloc(100_000, 'x') }));
    zipping.close();
    expect((await http('GET /events/query?trace_id=zipped')).body.length).toBeGreaterThan(100_000);
  });

  it('shares the port with HTTP, and keeps connections that are idle', async () => {
    const idle = connectHttp2(`http://127.0.0.1:${world.port}`);
    await once(idle, 'remoteSettings');
    await Promise.all([
      ...Array.from({ length: 30 }, (_, number) => world.client.upload(dmBinlog(`p${number}`))),
      ...Array.from({ length: 30 }, () => http('GET /events/scan')),
    ]);
    expect(JSON.parse((await http('GET /events/scan?limit=100')).body)).toHaveLength(30);
    expect(idle.closed).toBe(false);
    const call = idle.request({
      ':method': 'POST',
      ':path': '/pb.Tracer/GetTSO',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    call.end(Buffer.alloc(5));
    const [headers] = (await once(call, 'response')) as [Record<string, string>];
    expect(headers[':status']).toBe(200);
    idle.destroy();
  });

  it('takes PATCH as the first word of a connection', async () => {
    const socket = connect(world.port, '127.0.0.1');
    socket.write('PATCH /status HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    expect(bytes.toString()).toMatch(/^HTTP\/1.1 200 OK/);
  });
});

describe('a restart', () => {
  it('loses nothing, and a scan goes on where it was', async () => {
    await world.client.upload(...Array.from({ length: 12 }, (_, number) => dmBinlog(`g${number}`)));
    const first = JSON.parse((await http('GET /events/scan?offset=0&limit=5')).body) as unknown[];
    await world.restart();
    const second = JSON.parse((await http('GET /events/scan?offset=5&limit=50')).body) as unknown[];
    expect([first.length, second.length]).toEqual([5, 7]);
    await world.client.upload(dmBinlog('g3'), dmBinlog('new'));
    expect((await http('GET /events/scan?offset=12')).body).toBe(page('new'));
  });
});

describe('without its database', () => {
  it('asks senders and readers to come again', async () => {
    await world.stopDatabase();
    for (const line of ['GET /events/query?trace_id=a', 'GET /events/scan', 'POST /events/truncate']) {
      const { status, headers, body } = await http(line);
      expect([line, status, headers['content-type'], body]).toEqual([
        line,
        503,
        'text/plain; charset=utf-8',
        'the database is not available, try again',
      ]);
    }
    const refused = await world.client.call('/pb.Tracer/UploadSyncerBinlogEvent', encodeDmUpload([dmBinlog('a')]));
    expect(refused).toMatchObject({ code: 14, details: 'the events could not be stored, try again' });
    expect(Buffer.isBuffer(await world.client.call('/pb.Tracer/GetTSO', Buffer.alloc(0)))).toBe(true);
    expect((await http('GET /status')).status).toBe(200);
  });
});
