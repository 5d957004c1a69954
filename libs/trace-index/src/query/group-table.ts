import { DurationSketch } from './duration-sketch.js';
import type { EventBatch, EventField, EventSink } from './event-sink.js';
import { hashText, type HashKind, type TraceEvent } from './trace-event.js';
import type { Definitions } from './trace-file-reader.js';
import { transferOf } from './transfer.js';

/** What events can be grouped by beside `args.<key>`. */
export const GROUP_FIELDS = ['name', 'cat', 'pid', 'tid', 'ph', 'file', 'fname', 'hostname', 'time', 'size'] as const;

export interface GroupSpec {
  /** `GROUP_FIELDS` or `args.<key>`; none = one group of everything. */
  readonly by: readonly string[];
  /** Width of a `time` group. */
  readonly timeBucketUs: number;
  /** Whether the sum of bytes is wanted. */
  readonly bytes: boolean;
  /** Whether quantiles are wanted: they need a few kilobytes a group. */
  readonly quantiles: boolean;
  /** Events of groups beyond this many are only counted. */
  readonly maxGroups: number;
}

type Key = string | number | null;
type Level = Map<Key, Level | GroupRow>;
export type GroupKey = readonly Key[];

export interface GroupRow {
  readonly key: GroupKey;
  count: number;
  /** Events with a duration. */
  timed: number;
  sumUs: number;
  minUs: number;
  maxUs: number;
  bytes: number;
  readonly sketch: DurationSketch | undefined;
}

/** The file that is being fed: what an event cannot know of itself. */
export interface GroupContext {
  readonly path: string;
  readonly hashes: Definitions['hashes'] | undefined;
}

type KeyPart = (event: TraceEvent) => Key;

/** Ids that do not matter. */
const ALL_ZERO = new Uint32Array(0);
const NO_ROOM = Symbol('no room');
const NO_EVENT: TraceEvent = {
  ...{ name: undefined, cat: undefined, ph: undefined, pid: undefined, tid: undefined, ts: undefined, dur: undefined },
  isMetadata: false,
  arg: () => undefined,
};
const COLUMN_FIELDS = new Set<string>(['name', 'cat', 'pid', 'tid', 'ph']);

/** Totals of a selection by any combination of fields. */
export class GroupTable implements EventSink {
  readonly reads: ReadonlySet<EventField>;
  readonly rows: GroupRow[] = [];
  /** Events of groups for which there was no more room. */
  leftOut = 0;
  /** All events fed. */
  matched = 0;
  context: GroupContext = { path: '', hashes: undefined };
  readonly #parts: readonly KeyPart[];
  /** A tree of maps, one level a field; the leaves are the rows. */
  readonly #byKey: Level = new Map();
  #whole: GroupRow | undefined;
  /** The rows of one file by lane and class, as far as they have been met. */
  #cells: { kinds: EventBatch['kinds']; rows: (GroupRow | typeof NO_ROOM)[] } = { kinds: [], rows: [] };
  /** Absent where the columns of class and lane do not say which group an event is of. */
  readonly acceptBatch: ((batch: EventBatch) => undefined) | undefined;

  constructor(private readonly spec: GroupSpec) {
    const simple = spec.by.every((field) => COLUMN_FIELDS.has(field) || field === 'file');
    this.acceptBatch = simple ? this.#addBatch.bind(this) : undefined;
    this.#parts = spec.by.map((field) => this.#part(field));
    this.reads = fieldsRead(spec);
  }

  accept(event: TraceEvent): undefined {
    this.matched++;
    const row = this.#rowOf(event);
    if (row === undefined) {
      this.leftOut++;
      return;
    }
    addEvent(row, event.dur ?? NaN, this.spec.bytes ? (transferOf(event)?.bytes ?? NaN) : NaN);
  }

  #addBatch(batch: EventBatch): undefined {
    const { count, dur, transfers, kinds } = batch;
    if (this.#cells.kinds !== kinds) this.#cells = { kinds, rows: [] };
    const { rows } = this.#cells;
    const classes = this.#groupsBy('name', 'cat', 'ph') ? batch.classes : ALL_ZERO;
    const lanes = this.#groupsBy('pid', 'tid') ? batch.lanes : ALL_ZERO;
    this.matched += count;
    for (let i = 0; i < count; i++) {
      const [kind, lane] = [classes[i] ?? 0, lanes[i] ?? 0];
      const row = (rows[lane * kinds.length + kind] ??= this.#newCell(batch, kind, lane));
      if (row === NO_ROOM) this.leftOut++;
      else addEvent(row, dur[i] ?? NaN, transfers[i] ?? NaN);
    }
  }

  #newCell({ kinds, threads }: EventBatch, kind: number, lane: number): GroupRow | typeof NO_ROOM {
    return this.#rowOf({ ...NO_EVENT, ...kinds[kind], ...threads[lane] }) ?? NO_ROOM;
  }

  #groupsBy(...fields: readonly string[]): boolean {
    return fields.some((field) => this.spec.by.includes(field));
  }

  #rowOf(event: TraceEvent): GroupRow | undefined {
    const last = this.#parts.length - 1;
    if (last < 0) return (this.#whole ??= this.#newRow([]));
    let level = this.#byKey;
    for (let i = 0; ; i++) {
      const value = this.#parts[i]?.(event) ?? null;
      const next = level.get(value);
      if (i === last) {
        if (next !== undefined) return next as GroupRow;
        const row = this.#newRow(this.#parts.map((part) => part(event)));
        if (row !== undefined) level.set(value, row);
        return row;
      }
      if (next === undefined) level.set(value, (level = new Map<Key, Level | GroupRow>()));
      else level = next as Level;
    }
  }

  /** `undefined` when there is no more room. */
  #newRow(key: GroupKey): GroupRow | undefined {
    if (this.rows.length >= this.spec.maxGroups) return undefined;
    const sketch = this.spec.quantiles ? new DurationSketch() : undefined;
    const row = { key, count: 0, timed: 0, sumUs: 0, minUs: Infinity, maxUs: -Infinity, bytes: 0, sketch };
    this.rows.push(row);
    return row;
  }

  #part(field: string): KeyPart {
    switch (field) {
      case 'name':
      case 'cat':
      case 'pid':
      case 'tid':
      case 'ph':
        return (event) => event[field] ?? null;
      case 'file':
        return () => this.context.path;
      case 'fname':
        return (event) => this.#resolved(event, 'fname', 'fhash', 'FH');
      case 'hostname':
        return (event) => this.#resolved(event, 'hostname', 'hhash', 'HH');
      case 'time':
        return ({ ts }) => (ts === undefined ? null : Math.floor(ts / this.spec.timeBucketUs) * this.spec.timeBucketUs);
      case 'size':
        return (event) => sizeClass(transferOf(event)?.bytes);
      default:
        return (event) => argText(event, field.slice('args.'.length));
    }
  }

  /** The text that stands in the line, or the one behind its hash; the hash itself when nothing defines it. */
  #resolved(event: TraceEvent, key: string, hashKey: string, kind: HashKind): string | null {
    const written = hashText(event.arg(key));
    if (written !== undefined) return written;
    const hash = hashText(event.arg(hashKey));
    return hash === undefined ? null : (this.context.hashes?.[kind].get(hash) ?? hash);
  }
}

/** NaN = absent. */
function addEvent(row: GroupRow, durationUs: number, bytes: number): void {
  row.count++;
  if (!Number.isNaN(bytes)) row.bytes += bytes;
  if (Number.isNaN(durationUs)) return;
  row.timed++;
  row.sumUs += durationUs;
  row.minUs = Math.min(row.minUs, durationUs);
  row.maxUs = Math.max(row.maxUs, durationUs);
  row.sketch?.add(durationUs);
}

/** The next power of two at or above: `4096` holds 2049…4096 bytes. */
function sizeClass(bytes: number | undefined): number | null {
  if (bytes === undefined) return null;
  return bytes <= 0 ? 0 : 2 ** Math.ceil(Math.log2(bytes));
}

function argText(event: TraceEvent, key: string): string | number | null {
  const value = event.arg(key);
  if (value?.type === 'boolean') return String(value.value);
  if (value?.type === 'number' && Number.isSafeInteger(value.value)) return value.value;
  return hashText(value) ?? null;
}

function fieldsRead({ by, bytes }: GroupSpec): ReadonlySet<EventField> {
  const fields = new Set<EventField>(['dur']);
  for (const field of by) {
    if (COLUMN_FIELDS.has(field)) fields.add(field as EventField);
    else if (field === 'time') fields.add('ts');
    else if (field !== 'file' && field !== 'size') fields.add('args');
  }
  if (bytes || by.includes('size')) fields.add('transfer').add('name');
  return fields;
}
