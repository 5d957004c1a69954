import { LANE_DOUBLES, MOVES } from '../kernels/chunk-columns.js';
import { KIND, LINE_CLASS } from '../kernels/line-scanner.js';
import { directionOf, movesItems } from '../query/transfer.js';
import type { Counts } from './index-facts.js';

/** A combination of name, category and phase, decoded. */
export interface TraceClass {
  readonly name: string | undefined;
  readonly cat: string | undefined;
  readonly ph: string | number | undefined;
  readonly kind: 'event' | 'metadata' | 'nothing' | 'invalid' | 'oversized';
  /** Lines of the file that are of this class. */
  readonly rows: number;
  /** Whether its calls move data, one of `MOVES`; kept, because the segments depend on it. */
  readonly moves: number;
}

/** A process and thread; absent numbers are NaN. */
export interface TraceLane {
  readonly pid: number;
  readonly tid: number;
  readonly events: number;
  /** Sum of the durations of its events. */
  readonly busyUs: number;
  /** Earliest start and latest end of its events that have a time; `Infinity` and `-Infinity` when none has. */
  readonly minUs: number;
  readonly maxUs: number;
}

const NO_BYTES = Buffer.alloc(0);
const NO_TOTALS = [0, Infinity, -Infinity];
const CLASS_WORDS = 6;
const STORED_LANE_DOUBLES = 3 + LANE_DOUBLES;

/**
 * Texts as they are written in the file: count u32 │ lengths u32 × count │ bytes. Text 0 is none and not stored.
 *
 * @param text the bytes of text `id`
 */
export function encodeTexts(count: number, text: (id: number) => Uint8Array): Buffer {
  const parts: Uint8Array[] = [];
  const head = Buffer.alloc(4 + count * 4);
  head.writeUInt32LE(count, 0);
  for (let id = 1; id <= count; id++) {
    const bytes = text(id);
    head.writeUInt32LE(bytes.length, id * 4);
    parts.push(bytes);
  }
  return Buffer.concat([head, ...parts]);
}

/** From 1 on; the first is empty. */
function decodeTexts(bytes: Buffer): Buffer[] {
  const count = bytes.readUInt32LE(0);
  const texts: Buffer[] = [NO_BYTES];
  let at = 4 + count * 4;
  for (let id = 1; id <= count; id++) {
    const length = bytes.readUInt32LE(id * 4);
    texts.push(bytes.subarray(at, at + length));
    at += length;
  }
  return texts;
}

/** (name, cat, ph, kind) u32 of each class from 1 on, how many rows it has, and whether it moves data. */
export function encodeClasses(words: Uint32Array, rows: Uint32Array, moves: Uint32Array): Buffer {
  const count = words.length / 4 - 1;
  const encoded = new Uint32Array(count * CLASS_WORDS);
  for (let id = 1; id <= count; id++) {
    encoded.set(words.subarray(id * 4, id * 4 + 4), (id - 1) * CLASS_WORDS);
    encoded[(id - 1) * CLASS_WORDS + 4] = rows[id] ?? 0;
    encoded[(id - 1) * CLASS_WORDS + 5] = moves[id] ?? 0;
  }
  return Buffer.from(encoded.buffer);
}

/** (pid, tid) f64 of each lane from 1 on, how many events it has, and their totals. */
export function encodeLanes(pairs: Float64Array, events: Uint32Array, totals: Float64Array): Buffer {
  const count = pairs.length / 2 - 1;
  const encoded = new Float64Array(count * STORED_LANE_DOUBLES);
  for (let id = 1; id <= count; id++) {
    const at = (id - 1) * STORED_LANE_DOUBLES;
    const n = events[id] ?? 0;
    encoded.set(pairs.subarray(id * 2, id * 2 + 2), at);
    encoded[at + 2] = n;
    encoded.set(n > 0 ? totals.subarray(id * LANE_DOUBLES, (id + 1) * LANE_DOUBLES) : NO_TOTALS, at + 3);
  }
  return Buffer.from(encoded.buffer);
}

const NO_RECORD: TraceClass = { name: undefined, cat: undefined, ph: undefined, kind: 'nothing', rows: 0, moves: 0 };
const LINE_KINDS = new Map<number, TraceClass['kind']>(
  Object.entries(LINE_CLASS).map(([kind, id]) => [id, kind as keyof typeof LINE_CLASS]),
);

/** Classes by id; id 0 is none. */
export function decodeClasses(classes: Buffer, textBytes: Buffer): TraceClass[] {
  const texts = decodeTexts(textBytes);
  const strings = new Map<number, string>();
  const stringOf = (id: number): string | undefined => {
    if (id === 0) return undefined;
    let text = strings.get(id);
    if (text === undefined) strings.set(id, (text = unescaped(texts[id] ?? NO_BYTES)));
    return text;
  };
  const decoded = [NO_RECORD];
  for (let at = 0; at < classes.length; at += CLASS_WORDS * 4) {
    const [name = 0, cat = 0, ph = 0, kind = 0, rows = 0, moves = 0] = wordsAt(classes, at);
    const line = LINE_KINDS.get(decoded.length);
    if (line !== undefined) decoded.push({ ...NO_RECORD, kind: line, rows });
    else {
      const what = kind === KIND.metadata ? 'metadata' : 'event';
      decoded.push({ name: stringOf(name), cat: stringOf(cat), ph: phaseOf(texts[ph]), kind: what, rows, moves });
    }
  }
  return decoded;
}

const BACKSLASH = 0x5c;

function wordsAt(bytes: Buffer, at: number): number[] {
  return Array.from({ length: CLASS_WORDS }, (_, i) => bytes.readUInt32LE(at + i * 4));
}

/** The text between two quotes of JSON. */
export function unescaped(bytes: Buffer): string {
  const text = bytes.toString();
  return bytes.includes(BACKSLASH) ? (JSON.parse(`"${text}"`) as string) : text;
}

/** A phase is stored as it is written, with its quotes when it is a string. */
function phaseOf(bytes: Buffer | undefined): string | number | undefined {
  if (bytes === undefined || bytes.length === 0) return undefined;
  const text = bytes.toString();
  return text.startsWith('"') ? (JSON.parse(text) as string) : Number(text);
}

/** Lanes by id; id 0 is that of lines that are no record. */
export function decodeLanes(bytes: Buffer): TraceLane[] {
  const decoded: TraceLane[] = [{ pid: NaN, tid: NaN, events: 0, busyUs: 0, minUs: Infinity, maxUs: -Infinity }];
  for (let at = 0; at < bytes.length; at += STORED_LANE_DOUBLES * 8) {
    const double = (place: number): number => bytes.readDoubleLE(at + place * 8);
    const [pid, tid, events] = [double(0), double(1), double(2)];
    decoded.push({ pid, tid, events, busyUs: double(3), minUs: double(4), maxUs: double(5) });
  }
  return decoded;
}

/** Whether calls of this name move data: one of `MOVES`. */
export function movesOf(name: string | undefined): number {
  if (name === undefined || directionOf(name) === undefined) return MOVES.nothing;
  return movesItems(name) ? MOVES.items : MOVES.bytes;
}

export function countsOf(classes: readonly TraceClass[], lanes: readonly TraceLane[]): Counts {
  const names = new Map<string, number>();
  const categories = new Map<string, number>();
  const pidTids = new Map<string, number>();
  const add = (counts: Map<string, number>, key: string | undefined, n: number): void => {
    if (key !== undefined && n > 0) counts.set(key, (counts.get(key) ?? 0) + n);
  };
  for (const { kind, name, cat, rows } of classes) {
    if (kind !== 'event') continue;
    add(names, name, rows);
    add(categories, cat, rows);
  }
  for (const { pid, tid, events } of lanes) {
    if (!Number.isNaN(pid) && !Number.isNaN(tid)) add(pidTids, `${pid}:${tid}`, events);
  }
  return { names, categories, pidTids };
}
