import { TracerError } from '@tracer/base';
import { DM_JOB_STATES, DM_OPS, type DmEventFilterDto, type DmEventsQueryDto } from '@tracer/dtos';
import { DmEventType, type DmCursor, type DmEventFilter, type DmEventQuery, type DmPosition } from '@tracer/storage';

const DEFAULT_LIMIT = 100;
const ISO = /^(\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?)?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:?\d\d)?$/;

/** Makes a filter of validated parameters. Throws VALIDATION naming a time that is none. */
export function dmFilterOf(dto: DmEventFilterDto): DmEventFilter {
  const { source, task, type, op, state, groupId, sql } = dto;
  return {
    ...given('fromTso', dto.from, (text) => timeOf('from', text)),
    ...given('toTso', dto.to, (text) => timeOf('to', text)),
    ...given('source', source, String),
    ...given('task', task, String),
    ...given('type', type, (name) => DmEventType[name]),
    ...given('opType', op, (text) => numberOf(text, DM_OPS, 1)),
    ...given('jobState', state, (text) => numberOf(text, DM_JOB_STATES, 0)),
    ...given('groupId', groupId, (text) => Buffer.from(text)),
    ...given('fromPosition', dto.fromPosition, positionOf),
    ...given('toPosition', dto.toPosition, positionOf),
    ...given('sql', sql, (text) => Buffer.from(text)),
  };
}

export function dmQueryOf(dto: DmEventsQueryDto): DmEventQuery {
  return {
    ...dmFilterOf(dto),
    newestFirst: dto.order !== 'oldest',
    limit: dto.limit ?? DEFAULT_LIMIT,
    ...given('after', dto.cursor, cursorOf),
  };
}

/** The cursor behind an event, as text. */
export function cursorText({ tso, seq }: DmCursor): string {
  return `${tso}.${seq}`;
}

function given<K extends string, T, V>(key: K, value: T | undefined, convert: (value: T) => V): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: convert(value) } as Record<K, V>);
}

function cursorOf(text: string): DmCursor {
  const [tso = '', seq = ''] = text.split('.');
  return { tso: int64(BigInt(tso)), seq: Number(seq) };
}

/** Nanoseconds, or ISO 8601 with up to nine digits of a second; without a zone it is UTC. */
function timeOf(name: string, text: string): bigint {
  if (/^-?\d{1,19}$/.test(text)) return int64(BigInt(text));
  const [, local = '', fraction = '', zone = 'Z'] = ISO.exec(text) ?? [];
  const ms = Date.parse(local.includes('T') ? local + zone : local);
  if (Number.isNaN(ms))
    throw new TracerError('VALIDATION', `${name} must be an ISO 8601 time or nanoseconds, not "${text}"`);
  return BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** What lies beyond the range of a tso is as good as its end. */
function int64(value: bigint): bigint {
  const [min, max] = [-(2n ** 63n), 2n ** 63n - 1n];
  return value < min ? min : value > max ? max : value;
}

function numberOf(text: string, names: readonly string[], first: number): number {
  const index = names.indexOf(text);
  return index >= 0 ? index + first : Number(text) | 0;
}

function positionOf(text: string): DmPosition {
  const at = text.lastIndexOf(':');
  return { name: Buffer.from(text.slice(0, at)), pos: Number(text.slice(at + 1)) };
}
