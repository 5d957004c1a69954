import { beforeEach, describe, expect, it } from '@jest/globals';
import { DmJobState, type DmEvent } from '@tracer/storage';
import { dmBinlog, dmJob, dmText } from '../../libs/storage/src/testing/dm-events.js';
import { useDmWorld } from './fixtures/dm-world.js';

/** The promises of the published DM tracer that the other files do not hold it to: bytes on the wire, and what killed it. */
const world = useDmWorld();
const { http } = world;
const BINLOG = '/pb.Tracer/UploadSyncerBinlogEvent';
const JOB = '/pb.Tracer/UploadSyncerJobEvent';
const FORM = 'application/x-www-form-urlencoded';
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const STORED = hex('0801');
/** The answer of a query with one event, by the lines of the event. */
const answer = (type: number, ...event: readonly string[]): string =>
  ['[', ' {', `  "type": ${type},`, '  "event": {', ...event.map((line) => `   ${line}`), '  }', ' }', ']'].join('\n');

describe('messages, byte by byte', () => {
  it.each<[string, string, string, string]>([
    [
      'an event with nothing but its trace id',
      '0a07 0a05 22 03 6d696e',
      'min',
      answer(1, '"base": {', ' "traceID": "min"', '}'),
    ],
    [
      'the smallest numbers',
      // line −2³¹, tso −2⁶³, eventType −1, opType −2³¹: each in ten bytes
      `0a33 0a1b 10 80808080f8ffffffff01 18 80808080808080808001 22 03 6e6567
            18 ffffffffffffffffff01 20 80808080f8ffffffff01`,
      'neg',
      answer(
        1,
        '"base": {',
        ' "line": -2147483648,',
        ' "tso": -9223372036854775808,',
        ' "traceID": "neg"',
        '},',
        '"eventType": -1,',
        '"opType": -2147483648',
      ),
    ],
    [
      'fields that nobody knows',
      '0a09 0a05 22 03 756e6b 78 01',
      'unk',
      answer(1, '"base": {', ' "traceID": "unk"', '}'),
    ],
    [
      'a base in two parts, which become one',
      '0a0c 0a05 22 03 6d7267 0a03 10 ac02',
      'mrg',
      answer(1, '"base": {', ' "line": 300,', ' "traceID": "mrg"', '}'),
    ],
    [
      'texts that are not UTF-8',
      '0a0d 0a0b 0a 03 61ff62 22 04 62616480',
      'bad%80',
      answer(1, '"base": {', ' "filename": "a\\ufffdb",', ' "traceID": "bad\\ufffd"', '}'),
    ],
    [
      'an explicit zero, which is as good as none',
      '0a0d 0a09 10 00 18 00 22 01 7a 30 00 20 00',
      'z',
      answer(1, '"base": {', ' "traceID": "z"', '}'),
    ],
  ])('%s', async (_, message, id, text) => {
    expect(await world.client.call(BINLOG, hex(message.replace(/\s/g, '')))).toEqual(STORED);
    const reply = await http(`GET /events/query?trace_id=${id}`);
    expect([reply.status, reply.headers['content-type'], reply.body]).toEqual([200, 'application/json', text]);
  });

  it('an unknown state of a job and empty parts are there', async () => {
    // ddlInfo {}, state 9
    expect(await world.client.call(JOB, hex('0a0b 0a03 22 01 75 42 00 50 09 20 00'.replace(/\s/g, '')))).toMatchObject({
      code: 13,
    });
    expect(await world.client.call(JOB, hex('0a09 0a03 22 01 75 42 00 50 09'))).toEqual(STORED);
    expect((await http('GET /events/query?trace_id=u')).body).toBe(
      answer(2, '"base": {', ' "traceID": "u"', '},', '"ddlInfo": {},', '"state": 9'),
    );
  });
});

describe('a worker at work', () => {
  const [rows, rotate, skipped] = ['mysql-replica-01.syncer.test.1', 'mysql-replica-01.syncer.test.2', '.1'];
  const place = { name: dmText('mysql-bin|000001.000004'), pos: 4309 };
  const job = (state: number, line: number): DmEvent =>
    dmJob(rows, {
      opType: 1,
      pos: place,
      currentPos: { ...place, pos: 4400 },
      sql: dmText('INSERT INTO `db`.`t` (`a`,`b`) VALUES (?,?);'),
      argsChecksum: state === DmJobState.queued ? 1_247_364_640 : 0,
      queueBucket: dmText('q_3'),
      state,
      base: { filename: dmText('/go/src/dm/syncer/syncer.go'), line, tso: 1_552_371_525_597_270_410n, type: 2 },
    });

  beforeEach(async () => {
    await world.client.upload(
      // Batches of either kind travel on their own: the outcome comes before the event of the binlog.
      job(DmJobState.queued, 1_500),
      job(DmJobState.success, 1_600),
      dmBinlog(rows, { opType: 1, eventType: 30, base: { type: 1 } }),
      dmBinlog(rotate, { opType: 8, eventType: 4 }),
      dmJob(skipped, { opType: 7, currentPos: { name: Buffer.alloc(0), pos: 0 }, queueBucket: dmText('q_0') }),
      // Of another worker, with the same id.
      dmJob(skipped, { opType: 7 }),
    );
  });

  it('is told in the order of arrival', async () => {
    const { body } = await http(`GET /events/query?trace_id=${rows}`);
    const events = JSON.parse(body) as { type: number; event: { state?: number; argsChecksum?: number } }[];
    expect(events.map(({ type, event }) => [type, event.state, event.argsChecksum])).toEqual([
      [2, 1, 1_247_364_640],
      [2, 2, undefined],
      [1, undefined, undefined],
    ]);
    expect(body).toContain(
      [
        '   "opType": 1,',
        '   "pos": {',
        '    "name": "mysql-bin|000001.000004",',
        '    "pos": 4309',
        '   },',
        '   "currentPos": {',
        '    "name": "mysql-bin|000001.000004",',
        '    "pos": 4400',
        '   },',
        '   "sql": "INSERT INTO `db`.`t` (`a`,`b`) VALUES (?,?);",',
        '   "queueBucket": "q_3",',
        '   "state": 2',
      ].join('\n'),
    );
    const scan = JSON.parse((await http('GET /events/scan')).body) as unknown[][];
    expect(scan.map((group) => group.length)).toEqual([3, 1, 2]);
  });

  it('is removed trace by trace, as the page of its tests says and not as its manual does', async () => {
    const asManual = await http(`GET /events/delete?trace_id=${rows}`);
    expect([asManual.status, asManual.body]).toEqual([
      400,
      '[code=42007:class=dm-tracer:scope=internal:level=medium], Message: post method only',
    ]);
    for (const result of [true, false])
      expect((await http('POST /events/delete', { type: FORM, body: `trace_id=${rows}` })).body).toBe(
        `{\n "result": ${result},\n "trace_id": "${rows}"\n}`,
      );
    const { status, body } = await http('GET /events/scan?offset=3&limit=3');
    expect([status, body]).toEqual([
      404,
      '[code=42004:class=dm-tracer:scope=internal:level=medium], Message: offset: 3, limit: 3 not found',
    ]);
    // What comes again under the same id is a new trace behind the others.
    await world.client.upload(dmBinlog(rows));
    const scan = JSON.parse((await http('GET /events/scan')).body) as { event: { base: { traceID: string } } }[][];
    expect(scan.map(([first]) => first?.event.base.traceID)).toEqual([rotate, skipped, rows]);
  });

  it('finds its parameters wherever a Go server looks for them', async () => {
    const multipart = `--x\r\nContent-Disposition: form-data; name="trace_id"\r\n\r\n${rotate}\r\n--x--`;
    for (const [line, options] of [
      [`GET /events/query?trace_id=a%zz&trace_id=${rotate}`, {}],
      [`GET /events/query?x=1;trace_id=${rotate}`, {}],
      [`POST /events/query?trace_id=${rows}`, { type: FORM, body: `trace_id=${rotate}` }],
      ['GET /events/query', { type: 'multipart/form-data; boundary=x', body: multipart }],
      [`DELETE /events/query?trace_id=${rotate}`, { type: FORM, body: `trace_id=${rows}` }],
      [`PUT /events/query?trace_id=${rotate}`, { type: 'application/json', body: '{"trace_id":1}' }],
    ] as const) {
      const { status, body } = await http(line, options);
      expect([line, status, body.includes('"opType": 8')]).toEqual([line, 200, true]);
    }
    expect((await http(`HEAD /events/query?trace_id=${rotate}`)).status).toBe(200);
    const hidden = await http(`POST /events/query?trace_id=${rows}`, { type: FORM, body: 'trace_id=' });
    expect([hidden.status, hidden.body]).toEqual([
      400,
      '[code=42005:class=dm-tracer:scope=internal:level=medium], Message: trace id not provided',
    ]);
  });
});

describe('what killed the published tracer', () => {
  it.each([
    ['limit=10000000000', 200],
    ['limit=11728124029611', 200],
    ['limit=9223372036854775807', 200],
    ['limit=99999999999999999999', 400],
    ['offset=-1', 400],
    ['offset=-5&limit=-1', 400],
    ['limit=-1', 400],
    [`offset=${'9'.repeat(100_000)}`, 431],
    [`offset=${'9'.repeat(10_000)}`, 400],
  ])('a scan with %.40s', async (query, status) => {
    await world.client.upload(dmBinlog('kept'));
    expect((await http(`GET /events/scan?${query}`)).status).toBe(status);
    expect((await http('GET /events/query?trace_id=kept')).status).toBe(200);
  });

  it('an event without a base; nothing of its upload is stored', async () => {
    const upload = hex('0a08 0a06 22 04 6b657074 0a02 18 01'.replace(/\s/g, ''));
    expect(await world.client.call(BINLOG, upload)).toMatchObject({
      code: 3,
      details: 'event 2 of the request has no base',
    });
    expect((await http('GET /events/scan')).body).toBe('[]');
    expect((await http('GET /status')).status).toBe(200);
  });
});
