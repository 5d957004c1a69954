/**
 * One JSON value inside `args`, kept exact: a number keeps its source text, because 64-bit hashes do not survive a
 * double (`9509357668201227806` would become `…228000`).
 */
export type ArgValue =
  | { readonly type: 'string'; readonly text: string }
  | { readonly type: 'number'; readonly value: number; readonly literal: string }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'null' }
  | { readonly type: 'container' };

/**
 * What a query may ask of one trace record. Rules that every implementation shares:
 *
 * - a duplicate key counts with its last value, as `JSON.parse` does;
 * - `name` and `cat` are present only when they are JSON strings; escapes are decoded, invalid UTF-8 reads as U+FFFD;
 * - `pid`, `tid`, `ts`, `dur` are JSON numbers, or JSON strings that read as one (`-?digits[.digits][e±digits]`, the
 *   2023 dialect); they are doubles; anything else, and what overflows a double, is absent;
 * - a record is metadata when `ph` is the string `M` or the number 4; every other record is an event.
 */
export interface TraceEvent {
  readonly name: string | undefined;
  readonly cat: string | undefined;
  /** A number in the newest dialect. Absent when it is neither a string nor a number. */
  readonly ph: string | number | undefined;
  readonly pid: number | undefined;
  readonly tid: number | undefined;
  /** Microseconds, of the event's start. */
  readonly ts: number | undefined;
  /** Microseconds. */
  readonly dur: number | undefined;
  readonly isMetadata: boolean;
  /** What a call moved (`transferOf`), where that is known without `args`: in the columns of an index. */
  readonly transferBytes?: number | undefined;
  /** The value of `args.<key>`; `undefined` when there is no such key or `args` is not an object. */
  arg(key: string): ArgValue | undefined;
}

/** What `Filter` can compare as a number. */
export type NumberField = 'pid' | 'tid' | 'ts' | 'dur';
/** What `Filter` can compare as a text. */
export type TextField = 'name' | 'cat';

const NUMBER_TEXT = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;
const INTEGER_TEXT = /^-?\d+$/;

/** The number a text reads as (plain decimal, optional fraction and exponent, finite), as the 2023 dialect writes. */
export function numberOf(text: string): number | undefined {
  if (!NUMBER_TEXT.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** Whether two number texts name the same number: integers of any size exactly, everything else as doubles. */
export function sameNumber(a: string, b: string): boolean {
  if (a === b) return true;
  if (INTEGER_TEXT.test(a) && INTEGER_TEXT.test(b)) return BigInt(a) === BigInt(b);
  return Number(a) === Number(b);
}

/**
 * The identity of a hash (`args.fhash`, or `args.value` of an `FH` record): a string's text, or a number's source text,
 * so that `5692` and `"5692"` are one hash and 64-bit hashes stay whole. Other values are no hash.
 */
export function hashText(value: ArgValue | undefined): string | undefined {
  if (value?.type === 'string') return value.text;
  return value?.type === 'number' ? value.literal : undefined;
}

/** The hash records and the keys of `args` that refer to them. */
export const HASH_REFERENCES = {
  FH: ['fhash'],
  HH: ['hhash'],
  SH: ['shash', 'cmd_hash', 'exec_hash'],
} as const;

export type HashKind = keyof typeof HASH_REFERENCES;

export function isHashKind(name: string | undefined): name is HashKind {
  return name === 'FH' || name === 'HH' || name === 'SH';
}
