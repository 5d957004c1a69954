import { HAS_ESCAPE, skipBlanks, skipString, skipValue, stringTraits } from './json-scanner.js';
import { numberOf, type ArgValue, type TraceEvent } from './trace-event.js';

const FIELDS = ['name', 'cat', 'ph', 'pid', 'tid', 'ts', 'dur', 'args'] as const;
const [NAME, CAT, PH, PID, TID, TS, DUR, ARGS] = [0, 1, 2, 3, 4, 5, 6, 7];
const QUOTE = 0x22;
const EMPTY = Buffer.alloc(0);

/** `nothing`: a bracket or an empty line; `invalid`: not one JSON object. */
export type LineKind = 'record' | 'nothing' | 'invalid';

/**
 * A cursor over the lines of a trace: `read` checks a line completely (strict JSON) and notes where the known fields
 * stand; the getters decode on demand. One instance serves any number of lines; its values are those of the last line.
 */
export class TraceRecord implements TraceEvent {
  /** The record's bytes: the line without the blanks around it and the comma behind it. */
  bytes: Buffer = EMPTY;
  start = 0;
  end = 0;
  /** Start and end of each field's value, -1 = absent. */
  readonly #spans = new Int32Array(FIELDS.length * 2).fill(-1);
  #name: string | undefined;
  #nameKnown = false;

  /** Reads the line in `bytes[from, to)`, which has no newline. */
  read(bytes: Buffer, from: number, to: number): LineKind {
    this.#trim(bytes, from, to);
    const { start, end } = this;
    if (start === end) return 'nothing';
    const first = bytes[start];
    if (end === start + 1 && (first === 0x5b || first === 0x5d)) return 'nothing';
    if (first !== 0x7b || bytes[end - 1] !== 0x7d) return 'invalid';
    this.#spans.fill(-1);
    this.#nameKnown = false;
    return this.#readObject() === end ? 'record' : 'invalid';
  }

  #trim(bytes: Buffer, from: number, to: number): void {
    let end = trimEnd(bytes, from, to);
    if (end > from && bytes[end - 1] === 0x2c) end = trimEnd(bytes, from, end - 1);
    let start = from;
    while (start < end && isBlank(bytes[start])) start++;
    this.bytes = bytes;
    this.start = start;
    this.end = end;
  }

  /** The position behind the object, or -1. */
  #readObject(): number {
    const { bytes, end } = this;
    let p = skipBlanks(bytes, this.start + 1, end);
    if (bytes[p] === 0x7d) return p + 1;
    while (p < end && bytes[p] === QUOTE) {
      const key = p + 1;
      const keyEnd = skipString(bytes, key, end);
      if (keyEnd < 0) return -1;
      const field =
        stringTraits & HAS_ESCAPE ? fieldOfEscaped(bytes, key - 1, keyEnd) : fieldOf(bytes, key, keyEnd - 1);
      p = skipBlanks(bytes, keyEnd, end);
      if (bytes[p] !== 0x3a) return -1;
      const value = skipBlanks(bytes, p + 1, end);
      const valueEnd = skipValue(bytes, value, end);
      if (valueEnd < 0) return -1;
      if (field >= 0) {
        this.#spans[field * 2] = value;
        this.#spans[field * 2 + 1] = valueEnd;
      }
      p = skipBlanks(bytes, valueEnd, end);
      if (bytes[p] === 0x7d) return p + 1;
      if (bytes[p] !== 0x2c) return -1;
      p = skipBlanks(bytes, p + 1, end);
    }
    return -1;
  }

  get name(): string | undefined {
    if (!this.#nameKnown) {
      this.#name = this.#text(NAME);
      this.#nameKnown = true;
    }
    return this.#name;
  }

  get cat(): string | undefined {
    return this.#text(CAT);
  }

  get pid(): number | undefined {
    return this.#number(PID);
  }

  get tid(): number | undefined {
    return this.#number(TID);
  }

  get ts(): number | undefined {
    return this.#number(TS);
  }

  get dur(): number | undefined {
    return this.#number(DUR);
  }

  get ph(): string | number | undefined {
    const at = this.#spans[PH * 2] ?? -1;
    if (at < 0) return undefined;
    const value = valueAt(this.bytes, at, this.#spans[PH * 2 + 1] ?? -1);
    if (value.type === 'string') return value.text;
    return value.type === 'number' ? value.value : undefined;
  }

  get isMetadata(): boolean {
    const ph = this.#spans[PH * 2] ?? -1;
    if (ph < 0) return false;
    const length = (this.#spans[PH * 2 + 1] ?? -1) - ph;
    // The two usual spellings of the two dialects first; everything else by value.
    if (length === 3 && this.bytes[ph] === QUOTE) return this.bytes[ph + 1] === 0x4d;
    if (length === 1) return this.bytes[ph] === 0x34;
    const value = this.ph;
    return value === 'M' || value === 4;
  }

  /** Where the value of `ts` stands in `bytes`, quotes included. */
  get tsSpan(): readonly [start: number, end: number] | undefined {
    return this.#span(TS);
  }

  /** Where the value of `args` stands in `bytes`. */
  get argsSpan(): readonly [start: number, end: number] | undefined {
    return this.#span(ARGS);
  }

  arg(key: string): ArgValue | undefined {
    const { bytes, end } = this;
    const wanted = keyBytes(key);
    let found: ArgValue | undefined;
    let p = this.#firstArg();
    while (bytes[p] === QUOTE) {
      const keyEnd = skipString(bytes, p + 1, end);
      const same =
        stringTraits & HAS_ESCAPE ? stringAt(bytes, p, keyEnd) === key : isText(bytes, p + 1, keyEnd - 1, wanted);
      const value = skipBlanks(bytes, skipBlanks(bytes, keyEnd, end) + 1, end);
      const valueEnd = skipValue(bytes, value, end);
      if (same) found = valueAt(bytes, value, valueEnd);
      p = skipBlanks(bytes, valueEnd, end);
      if (bytes[p] === 0x2c) p = skipBlanks(bytes, p + 1, end);
    }
    return found;
  }

  /** On the quote of the first key of `args`; -1 when that is no object. */
  #firstArg(): number {
    const open = this.#spans[ARGS * 2] ?? -1;
    return open >= 0 && this.bytes[open] === 0x7b ? skipBlanks(this.bytes, open + 1, this.end) : -1;
  }

  /** Visits the members of `args` in order, a duplicate key each time it occurs. Nothing when `args` is no object. */
  eachArg(visit: (key: string, valueStart: number, valueEnd: number) => void): void {
    const { bytes, end } = this;
    let p = this.#firstArg();
    while (bytes[p] === QUOTE) {
      const keyEnd = skipString(bytes, p + 1, end);
      const key = textAt(bytes, p, keyEnd, stringTraits);
      const value = skipBlanks(bytes, skipBlanks(bytes, keyEnd, end) + 1, end);
      const valueEnd = skipValue(bytes, value, end);
      visit(key, value, valueEnd);
      // On the comma or the closing brace.
      p = skipBlanks(bytes, valueEnd, end);
      if (bytes[p] === 0x2c) p = skipBlanks(bytes, p + 1, end);
    }
  }

  #span(field: number): readonly [number, number] | undefined {
    const start = this.#spans[field * 2] ?? -1;
    return start < 0 ? undefined : [start, this.#spans[field * 2 + 1] ?? -1];
  }

  #text(field: number): string | undefined {
    const start = this.#spans[field * 2] ?? -1;
    if (start < 0 || this.bytes[start] !== QUOTE) return undefined;
    return stringAt(this.bytes, start, this.#spans[field * 2 + 1] ?? -1);
  }

  #number(field: number): number | undefined {
    const { bytes } = this;
    const start = this.#spans[field * 2] ?? -1;
    if (start < 0) return undefined;
    const end = this.#spans[field * 2 + 1] ?? -1;
    const quoted = bytes[start] === QUOTE;
    const plain = quoted ? digits(bytes, start + 1, end - 1) : digits(bytes, start, end);
    if (plain !== undefined) return plain;
    const value = valueAt(bytes, start, end);
    if (value.type === 'string') return numberOf(value.text);
    return value.type === 'number' && Number.isFinite(value.value) ? value.value : undefined;
  }
}

/** The UTF-8 bytes of the keys that are asked for, which are few and always the same. */
const keys = new Map<string, Buffer>();
const REMEMBERED_KEYS = 1000;

function keyBytes(key: string): Buffer {
  const known = keys.get(key);
  if (known !== undefined) return known;
  const bytes = Buffer.from(key);
  if (keys.size < REMEMBERED_KEYS) keys.set(key, bytes);
  return bytes;
}

function isText(bytes: Buffer, start: number, end: number, text: Buffer): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return false;
  return true;
}

const isBlank = (c: number | undefined): boolean => c === 0x20 || c === 0x09 || c === 0x0d;

function trimEnd(bytes: Buffer, from: number, to: number): number {
  let end = to;
  while (end > from && isBlank(bytes[end - 1])) end--;
  return end;
}

/** A number of up to 15 digits and nothing else: the usual case, without building a text. */
function digits(bytes: Buffer, start: number, end: number): number | undefined {
  if (end - start > 16 || end === start) return undefined;
  let value = 0;
  for (let p = start; p < end; p++) {
    const digit = (bytes[p] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  // Sixteen digits are exact as long as the sum stays below 2^53.
  return value <= Number.MAX_SAFE_INTEGER ? value : undefined;
}

function fieldOf(bytes: Buffer, start: number, end: number): number {
  const length = end - start;
  if (length < 2 || length > 4) return -1;
  const first = bytes[start];
  for (let field = 0; field < FIELDS.length; field++) {
    const name = FIELDS[field] ?? '';
    if (name.length !== length || name.charCodeAt(0) !== first) continue;
    let i = 1;
    while (i < length && bytes[start + i] === name.charCodeAt(i)) i++;
    if (i === length) return field;
  }
  return -1;
}

function fieldOfEscaped(bytes: Buffer, quote: number, end: number): number {
  const name = stringAt(bytes, quote, end);
  return FIELDS.findIndex((field) => field === name);
}

/** The text of the JSON string in `bytes[start, end)`, quotes included. */
export function stringAt(bytes: Buffer, start: number, end: number): string {
  skipString(bytes, start + 1, end);
  return textAt(bytes, start, end, stringTraits);
}

function textAt(bytes: Buffer, start: number, end: number, traits: number): string {
  if (traits & HAS_ESCAPE) return JSON.parse(bytes.toString('utf8', start, end)) as string;
  return bytes.toString(traits === 0 ? 'latin1' : 'utf8', start + 1, end - 1);
}

/** The value in `bytes[start, end)`, which is known to be valid JSON. */
export function valueAt(bytes: Buffer, start: number, end: number): ArgValue {
  const c = bytes[start];
  if (c === QUOTE) return { type: 'string', text: stringAt(bytes, start, end) };
  if (c === 0x7b || c === 0x5b) return { type: 'container' };
  if (c === 0x6e) return { type: 'null' };
  if (c === 0x74 || c === 0x66) return { type: 'boolean', value: c === 0x74 };
  const literal = bytes.toString('latin1', start, end);
  return { type: 'number', literal, value: Number(literal) };
}
