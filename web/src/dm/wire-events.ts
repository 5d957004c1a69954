import { parseLossless } from '../api/index.js';
import type { DmEvent, Position } from './dm-api.js';

const OPS: Readonly<Record<number, string>> = {
  1: 'insert',
  2: 'update',
  3: 'delete',
  4: 'ddl',
  5: 'xid',
  6: 'flush',
  7: 'skip',
  8: 'rotate',
};
const STATES: Readonly<Record<number, string>> = { 0: 'init', 1: 'queued', 2: 'success', 3: 'error' };
const JOB = 2;

interface WireEvent {
  readonly type: number;
  readonly event: {
    readonly base?: { readonly tso?: number | string; readonly traceID?: string; readonly groupID?: string };
    readonly state?:
      number | { readonly lastPos?: Position; readonly currentPos?: Position; readonly safeMode?: boolean };
    readonly opType?: number;
    readonly pos?: Position;
    readonly currentPos?: Position;
    readonly sql?: string;
    readonly ddls?: readonly string[];
    readonly queueBucket?: string;
  };
}

/** Events of a trace as the published route lists them, in the form of our own; fields that are absent there are zero. */
export function wireEvents(json: string): DmEvent[] {
  const list = parseLossless(json) as readonly WireEvent[];
  return list.map(({ type, event }, at) => {
    const { base = {}, opType = 0 } = event;
    const shared = {
      seq: at + 1,
      receivedAtUs: 0,
      tso: String(base.tso ?? 0),
      traceId: base.traceID ?? '',
      opType,
      ...named('op', OPS[opType]),
      ...named('groupId', base.groupID === '' ? undefined : base.groupID),
    };
    return type === JOB
      ? { ...shared, type: 'job', ...jobParts(event) }
      : { ...shared, type: 'binlog', ...readParts(event) };
  });
}

function readParts({ state }: WireEvent['event']): Partial<DmEvent> {
  return typeof state === 'object' ? positions(state.lastPos, state.currentPos) : {};
}

function jobParts({ state, pos, currentPos, sql, ddls, queueBucket }: WireEvent['event']): Partial<DmEvent> {
  const jobState = typeof state === 'number' ? state : 0;
  return {
    jobState,
    ...named('state', STATES[jobState]),
    ...positions(pos, currentPos),
    ...named('sql', sql),
    ...named('queueBucket', queueBucket),
    ...(ddls !== undefined && { ddls }),
  };
}

function positions(position: Position | undefined, currentPosition: Position | undefined): Partial<DmEvent> {
  return { ...(position && { position }), ...(currentPosition && { currentPosition }) };
}

function named<Key extends string>(key: Key, name: string | undefined): Partial<Record<Key, string>> {
  return name === undefined ? {} : ({ [key]: name } as Record<Key, string>);
}
