import fc from 'fast-check';
import {
  DmEventType,
  DmJobState,
  type DmArrival,
  type DmBase,
  type DmBinlogEvent,
  type DmEvent,
  type DmJobEvent,
} from '../dm/dm-event.js';
import { dmArrivalOf } from '../dm/dm-wire-writer.js';

const NOTHING = Buffer.alloc(0);
export const dmText = (text: string): Buffer => Buffer.from(text);

export function dmBase(traceId: string | Buffer, more: Partial<DmBase> = {}): DmBase {
  const id = typeof traceId === 'string' ? dmText(traceId) : traceId;
  return { filename: NOTHING, line: 0, tso: 0n, traceId: id, groupId: NOTHING, type: 0, ...more };
}

export function dmBinlog(
  traceId: string | Buffer,
  more: Partial<Omit<DmBinlogEvent, 'base'>> & { base?: Partial<DmBase> } = {},
): DmBinlogEvent {
  return { type: DmEventType.binlog, eventType: 0, opType: 0, ...more, base: dmBase(traceId, more.base) };
}

export function dmJob(
  traceId: string | Buffer,
  more: Partial<Omit<DmJobEvent, 'base'>> & { base?: Partial<DmBase> } = {},
): DmJobEvent {
  return {
    type: DmEventType.job,
    opType: 1,
    sql: NOTHING,
    ddls: [],
    argsChecksum: 0,
    queueBucket: NOTHING,
    state: DmJobState.queued,
    ...more,
    base: dmBase(traceId, more.base),
  };
}

export const dmArrivals = (...events: readonly DmEvent[]): DmArrival[] => events.map(dmArrivalOf);

// ---- random events for property tests

const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const uint32 = fc.nat(2 ** 32 - 1);
const bytes = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }).map(dmText),
  fc.uint8Array({ maxLength: 6 }).map((array) => Buffer.from(array)),
);
/** Leaves the key out, as a message that is absent. */
const perhaps = <K extends string, T>(key: K, value: fc.Arbitrary<T>): fc.Arbitrary<Partial<Record<K, T>>> =>
  fc.oneof(
    fc.constant({}),
    value.map((present) => ({ [key]: present }) as Record<K, T>),
  );
const position = fc.record({ name: bytes, pos: uint32 });

const base = fc.record({
  filename: bytes,
  line: int32,
  tso: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  traceId: bytes,
  groupId: bytes,
  type: int32,
});
const syncerState = fc
  .tuple(
    fc.record({ safeMode: fc.boolean(), tryReSync: fc.boolean() }),
    perhaps('lastPos', position),
    perhaps('currentPos', position),
  )
  .map(([flags, last, current]) => ({ ...flags, ...last, ...current }));
const binlogEvent = fc
  .tuple(fc.record({ base, eventType: int32, opType: int32 }), perhaps('state', syncerState))
  .map(([event, state]): DmBinlogEvent => ({ type: DmEventType.binlog, ...event, ...state }));
const jobEvent = fc
  .tuple(
    fc.record({
      base,
      opType: int32,
      sql: bytes,
      ddls: fc.array(bytes, { maxLength: 3 }),
      argsChecksum: uint32,
      queueBucket: bytes,
      state: int32,
    }),
    perhaps('pos', position),
    perhaps('currentPos', position),
    perhaps('ddlInfo', fc.record({ lockId: bytes, exec: fc.boolean() })),
  )
  .map(([event, ...parts]): DmJobEvent => Object.assign({ type: DmEventType.job }, event, ...parts) as DmJobEvent);

/** Any event that can come over the wire. */
export const anyDmEvent: fc.Arbitrary<DmEvent> = fc.oneof(binlogEvent, jobEvent);
