import { describe, expect, it } from '@jest/globals';
import { TracerError } from '@tracer/base';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { anyDmEvent, dmBinlog, dmJob, dmText } from '../testing/dm-events.js';
import { DmEventType, type DmEvent } from './dm-event.js';
import { encodeDmEvent, encodeDmUpload, encodeGetTsoResponse } from './dm-wire-writer.js';
import { decodeDmEvent, decodeDmUpload, decodeGetTsoRequest } from './dm-wire.js';

const RUNS = { numRuns: 500 };
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const { binlog, job } = DmEventType;

/** The published messages, as an independent library reads them (strings as bytes). */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message BaseEvent { bytes filename = 1; int32 line = 2; int64 tso = 3; bytes traceId = 4; bytes groupId = 5; int32 type = 6; }
  message Position { bytes name = 1; uint32 pos = 2; }
  message State { bool safeMode = 1; bool tryReSync = 2; Position lastPos = 3; Position currentPos = 4; }
  message DdlInfo { bytes lockId = 1; bool exec = 2; }
  message Binlog { BaseEvent base = 1; State state = 2; int32 eventType = 3; int32 opType = 4; }
  message Job { BaseEvent base = 1; int32 opType = 2; Position pos = 3; Position currentPos = 4; bytes sql = 5;
    repeated bytes ddls = 6; uint32 argsChecksum = 7; DdlInfo ddlInfo = 8; bytes queueBucket = 9; int32 state = 10; }
`);

function readByLibrary(event: DmEvent, wire: Buffer): unknown {
  const type = root.lookupType(event.type === binlog ? 'Binlog' : 'Job');
  return type.toObject(type.decode(wire), { defaults: true, longs: String, arrays: true });
}

/** Messages by name, absent ones as null, int64 as text: what `toObject` gives. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (Buffer.isBuffer(value) || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]));
}

const ABSENT = { state: null, lastPos: null, currentPos: null, pos: null, ddlInfo: null };

function expected(event: DmEvent): unknown {
  const { type, ...rest } = event;
  if (type === binlog) {
    const { state } = event;
    return plain({ ...rest, state: state ? { lastPos: null, currentPos: null, ...state } : null });
  }
  const { pos, currentPos, ddlInfo } = ABSENT;
  return plain({ pos, currentPos, ddlInfo, ...rest });
}

describe('events on the wire', () => {
  it('are read as an independent library reads them', () => {
    fc.assert(
      fc.property(anyDmEvent, (event) => {
        expect(readByLibrary(event, encodeDmEvent(event))).toEqual(expected(event));
      }),
      RUNS,
    );
  });

  it('come back as they were written', () => {
    fc.assert(
      fc.property(anyDmEvent, (event) => {
        expect(decodeDmEvent(event.type, encodeDmEvent(event))).toEqual(event);
      }),
      RUNS,
    );
  });

  it('keep their order in an upload, and their bytes', () => {
    const events = [dmBinlog('a'), dmBinlog('b', { base: { line: 7 } }), dmBinlog('a')];
    const arrivals = decodeDmUpload(binlog, encodeDmUpload(events));
    expect(arrivals).toEqual(events.map((event) => ({ event, wire: encodeDmEvent(event) })));
    expect(encodeDmUpload([dmBinlog('t1')])).toEqual(hex('0a06 0a04 22027431'));
  });

  it('keep present but empty messages apart from absent ones', () => {
    const event = dmJob('x', { pos: { name: Buffer.alloc(0), pos: 0 } });
    const read = decodeDmEvent(job, encodeDmEvent(event));
    expect(read).toEqual(event);
    expect('currentPos' in read).toBe(false);
  });

  it('merge a message that is given twice', () => {
    const read = decodeDmEvent(binlog, hex('0a05 2203 6d7267 0a03 10ac02'));
    expect(read.base).toMatchObject({ traceId: dmText('mrg'), line: 300 });
  });

  it('pass over fields that nobody knows, groups included', () => {
    // 15 varint, 16 fixed64, 17 bytes, 18 a group with a group inside, 19 fixed32
    const unknown = '7801 8101 0102030405060708 8a0102 6869 9301 7b 0801 7c 9401 9d01 01020304';
    expect(decodeDmEvent(binlog, hex(`${unknown} 0a03 220161 ${unknown}`)).base.traceId).toEqual(dmText('a'));
  });

  it('read the largest and smallest numbers', () => {
    const event = dmJob('n', {
      base: { tso: -(2n ** 63n), line: -(2 ** 31), type: 2 ** 31 - 1 },
      argsChecksum: 2 ** 32 - 1,
      state: -1,
    });
    expect(decodeDmEvent(job, encodeDmEvent(event))).toEqual(event);
    // A 64-bit varint in a 32-bit field keeps its lower half, as Go's decoder does.
    const wide = hex('0a03 220161 18 81808080f0ffffffff01');
    expect(decodeDmEvent(binlog, wide)).toMatchObject({ eventType: 1 });
  });
});

describe('malformed messages', () => {
  it.each([
    ['a varint that does not end', '0a', 'unexpected EOF'],
    ['a length beyond the end', '0a05 2201', 'unexpected EOF'],
    ['a length of 2^63 and more', '0a ffffffffffffffffff01', 'proto: negative length found during unmarshaling'],
    ['a length of 2^40', '0a 808080808040', 'unexpected EOF'],
    ['a varint that overflows', '78 8080808080808080808001', 'proto: integer overflow'],
    ['a wrong wire type', '0801', 'proto: wrong wireType = 0 for field Events'],
    ['a wrong wire type inside', '0a02 0801', 'proto: wrong wireType = 0 for field Base'],
    ['field number zero', '0001', 'proto: UploadSyncerBinlogEventRequest: illegal tag 0 (wire type 0)'],
    ['an end of no group', '0c', 'proto: UploadSyncerBinlogEventRequest: wiretype end group for non-group'],
    ['wire type 6', '7e', 'proto: illegal wireType 6'],
    ['a group that does not end', '7b 0801', 'unexpected EOF'],
    ['a fixed64 cut short', '79 01', 'unexpected EOF'],
    ['one whole event, then one cut short', '0a060a0422027431 0a05', 'unexpected EOF'],
  ])('%s', (_, bytes, message) => {
    expect(() => decodeDmUpload(binlog, hex(bytes))).toThrow(new TracerError('BODY_MALFORMED', message));
  });

  it('refuses an event without a base, and with it the whole request', () => {
    const request = Buffer.concat([encodeDmUpload([dmBinlog('kept')]), hex('0a02 1801')]);
    expect(() => decodeDmUpload(binlog, request)).toThrow(
      new TracerError('VALIDATION', 'event 2 of the request has no base'),
    );
    expect(() => decodeDmEvent(job, hex(''))).toThrow(new TracerError('VALIDATION', 'the event has no base'));
  });

  it('never fails otherwise, whatever the bytes', () => {
    const mutated = fc
      .tuple(
        fc.array(anyDmEvent, { minLength: 1, maxLength: 3 }),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
      )
      .map(([events, changes]) => {
        const request = Buffer.from(encodeDmUpload(events));
        for (const [at, byte] of changes) request[at % request.length] = byte;
        return request;
      });
    const any = fc.oneof(
      mutated,
      fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array)),
    );
    fc.assert(
      fc.property(any, fc.constantFrom(binlog, job), (request, type) => {
        try {
          for (const { event, wire } of decodeDmUpload(type, request)) expect(decodeDmEvent(type, wire)).toEqual(event);
        } catch (error) {
          expect(error).toBeInstanceOf(TracerError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('GetTSO', () => {
  it('reads the id and answers in nanoseconds', () => {
    expect(decodeGetTsoRequest(hex('0a0361 6263 7801'))).toEqual(dmText('abc'));
    expect(() => decodeGetTsoRequest(hex('0801'))).toThrow('proto: wrong wireType = 0 for field Id');
    expect(encodeGetTsoResponse(1n)).toEqual(hex('0801 1801'));
  });
});
