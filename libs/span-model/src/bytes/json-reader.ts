import { DecodeError, type SpanFormat } from '../decode-error.js';
import type { JsonKeys } from './json-keys.js';
import { asBuffer, texts } from './text-cache.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const END = -1;

/** 1 for the bytes at which the plain part of a string ends: quote, backslash, control characters. */
const ENDS_PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte < 0x20 || byte === QUOTE || byte === BACKSLASH ? 1 : 0,
);
/** 1 for the bytes of which numbers consist. */
const IN_NUMBER = Uint8Array.from({ length: 256 }, (_, byte) =>
  '+-.0123456789Ee'.includes(String.fromCharCode(byte)) ? 1 : 0,
);
const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
const LONGEST_NUMBER = 1024;
const ESCAPE = /^\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/;

/**
 * A pull parser of strict JSON (RFC 8259) over UTF-8 bytes: the caller asks for what must come next, nothing is built
 * that it does not ask for. Numbers come as their digits or as exact integers, never through a double. Malformed UTF-8
 * inside strings becomes U+FFFD. Every failure is a DecodeError with its position; nesting is bounded.
 *
 *     if (reader.beginObject()) do { switch (reader.key(KEYS)) { case 0: reader.text() … } } while (reader.moreMembers());
 */
export class JsonReader {
  readonly bytes: Buffer;
  readonly view: DataView;
  pos = 0;
  /** Where the contents of the last string lie: between its quotes. */
  stringStart = 0;
  stringEnd = 0;
  keyStart = 0;
  keyEnd = 0;
  #escaped = false;
  #depth = 0;
  readonly #format: SpanFormat;
  readonly #maxDepth: number;
  readonly #end: number;

  /** `valueDepth` limits the nesting of values; each takes up to three levels of JSON, the spans around them a few. */
  constructor(bytes: Uint8Array, format: SpanFormat, valueDepth: number) {
    this.bytes = asBuffer(bytes);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#format = format;
    this.#maxDepth = valueDepth * 3 + 16;
    this.#end = bytes.length;
  }

  /** The first byte of the next token, which stays unread; -1 at the end. */
  peek(): number {
    const byte = this.pos < this.#end ? (this.bytes[this.pos] ?? 0) : END;
    return byte > 0x20 ? byte : this.#peekBehindSpace();
  }

  /** True when the object has members: `key` is next. */
  beginObject(): boolean {
    return this.#begin(OPEN_OBJECT, CLOSE_OBJECT, "'{'");
  }

  /** True when the array has elements. */
  beginArray(): boolean {
    return this.#begin(OPEN_ARRAY, CLOSE_ARRAY, "'['");
  }

  moreMembers(): boolean {
    return this.#more(CLOSE_OBJECT, "',' or '}'");
  }

  moreElements(): boolean {
    return this.#more(CLOSE_ARRAY, "',' or ']'");
  }

  /** The index in the table of the member that comes, or UNKNOWN_KEY; its value is next. */
  key(keys: JsonKeys): number {
    if (this.peek() === QUOTE) {
      const expected = keys.expected(this.bytes, this.pos + 1);
      if (expected >= 0) {
        this.pos += keys.lengthOf(expected) + 2;
        this.#colon();
        return expected;
      }
    }
    this.#string('a key');
    const index = this.#escaped
      ? keys.matchText(this.#unescape())
      : keys.match(this.bytes, this.stringStart, this.stringEnd);
    this.#colon();
    return index;
  }

  /** The name of the member that comes. */
  keyText(): string {
    this.#string('a key');
    const text = this.#contents();
    this.#colon();
    return text;
  }

  /** A string value; `expected` names it in the error. */
  text(expected = 'a string'): string {
    this.#string(expected);
    return this.#contents();
  }

  /** Reads a string without making it; `stringStart` to `stringEnd` are its bytes. False when it has escapes. */
  plainString(expected = 'a string'): boolean {
    this.#string(expected);
    return !this.#escaped;
  }

  /**
   * Reads `"key":"value"` when both are plain and nothing lies between them; else false, and nothing is read. The key lies
   * at `keyStart` to `keyEnd`, the value at `stringStart` to `stringEnd`.
   */
  plainMember(): boolean {
    const bytes = this.bytes;
    if (this.peek() !== QUOTE) return false;
    const keyEnd = this.#plainEnd(this.pos + 1);
    if (bytes[keyEnd] !== QUOTE || bytes[keyEnd + 1] !== COLON || bytes[keyEnd + 2] !== QUOTE) return false;
    const end = this.#plainEnd(keyEnd + 3);
    if (bytes[end] !== QUOTE) return false;
    this.keyStart = this.pos + 1;
    this.keyEnd = keyEnd;
    this.stringStart = keyEnd + 3;
    this.stringEnd = end;
    this.pos = end + 1;
    return true;
  }

  /** The contents of the string read last. */
  lastString(): string {
    return this.#contents();
  }

  isNull(): boolean {
    return this.peek() === 0x6e;
  }

  isString(): boolean {
    return this.peek() === QUOTE;
  }

  isBoolean(): boolean {
    const byte = this.peek();
    return byte === 0x74 || byte === 0x66;
  }

  /** An object or array comes. */
  isContainer(): boolean {
    const byte = this.peek();
    return byte === OPEN_OBJECT || byte === OPEN_ARRAY;
  }

  boolean(): boolean {
    const byte = this.peek();
    if (byte === 0x74) this.#word('true');
    else if (byte === 0x66) this.#word('false');
    else this.fail('Expected a boolean');
    return byte === 0x74;
  }

  null(): void {
    this.#word('null');
  }

  /**
   * A non-negative decimal integer up to 2^53 - 1; -1 (and nothing is read) when something else comes. It is the fast
   * way for times and counts.
   */
  shortInteger(): number {
    const bytes = this.bytes;
    this.peek();
    let pos = this.pos;
    let value = 0;
    while (pos < this.#end) {
      const digit = (bytes[pos] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      pos++;
    }
    const digits = pos - this.pos;
    if (digits === 0 || value > Number.MAX_SAFE_INTEGER || pos === this.#end) return -1;
    if (IN_NUMBER[bytes[pos] ?? 0] === 1 || (digits > 1 && bytes[this.pos] === 0x30)) return -1;
    this.pos = pos;
    return value;
  }

  /** The literal of a number, as it stands there. */
  number(expected = 'a number'): string {
    this.peek();
    const start = this.pos;
    let pos = start;
    while (pos < this.#end && IN_NUMBER[this.bytes[pos] ?? 0] === 1) pos++;
    if (pos - start > LONGEST_NUMBER) this.fail(`Expected ${expected} of at most ${LONGEST_NUMBER} characters`);
    const literal = this.bytes.toString('latin1', start, pos);
    if (!NUMBER.test(literal)) this.fail(`Expected ${expected}`);
    this.pos = pos;
    return literal;
  }

  /** Reads over one value of any kind, checking its syntax. */
  skip(): void {
    const byte = this.peek();
    if (byte === QUOTE) this.#string('a string');
    else if (byte === OPEN_OBJECT) this.#skipObject();
    else if (byte === OPEN_ARRAY) this.#skipArray();
    else if (byte === 0x74 || byte === 0x66) this.boolean();
    else if (byte === 0x6e) this.null();
    else this.number('a value');
  }

  /** Nothing but white space may follow. */
  finish(): void {
    if (this.peek() !== END) this.fail('Expected the end');
  }

  fail(reason: string, position = this.pos): never {
    throw new DecodeError(this.#format, position >= this.#end ? `${reason}, but the input ended` : reason, position);
  }

  #peekBehindSpace(): number {
    const bytes = this.bytes;
    let pos = this.pos;
    while (pos < this.#end) {
      const byte = bytes[pos] ?? 0;
      if (!(byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09)) {
        this.pos = pos;
        return byte;
      }
      pos++;
    }
    this.pos = pos;
    return END;
  }

  #begin(open: number, close: number, expected: string): boolean {
    if (this.peek() !== open) this.fail(`Expected ${expected}`);
    if (++this.#depth > this.#maxDepth) this.fail(`Nested deeper than ${this.#maxDepth}`);
    this.pos++;
    if (this.peek() !== close) return true;
    this.pos++;
    this.#depth--;
    return false;
  }

  #more(close: number, expected: string): boolean {
    const byte = this.peek();
    if (byte !== COMMA && byte !== close) this.fail(`Expected ${expected}`);
    this.pos++;
    if (byte === COMMA) return true;
    this.#depth--;
    return false;
  }

  #colon(): void {
    if (this.peek() !== COLON) this.fail("Expected ':'");
    this.pos++;
  }

  #word(word: string): void {
    const end = this.pos + word.length;
    if (this.bytes.toString('latin1', this.pos, end) !== word) this.fail(`Expected ${word}`);
    this.pos = end;
  }

  /** Reads a string up to behind its closing quote. */
  #string(expected: string): void {
    if (this.peek() !== QUOTE) this.fail(`Expected ${expected}`);
    const bytes = this.bytes;
    const start = this.pos + 1;
    let pos = start;
    this.#escaped = false;
    for (;;) {
      pos = this.#plainEnd(pos);
      const byte = bytes[pos];
      if (pos < this.#end && byte === QUOTE) break;
      if (pos >= this.#end || byte !== BACKSLASH) this.fail('Expected a string without control characters', pos);
      pos = this.#escape(pos);
    }
    this.stringStart = start;
    this.stringEnd = pos;
    this.pos = pos + 1;
  }

  /** Where the plain part of a string ends that goes on at `pos`; at the end of the input at the latest. */
  #plainEnd(pos: number): number {
    const bytes = this.bytes;
    while (pos < this.#end && ENDS_PLAIN[bytes[pos] ?? 0] === 0) pos++;
    return pos;
  }

  #escape(pos: number): number {
    this.#escaped = true;
    const escape = ESCAPE.exec(this.bytes.toString('latin1', pos, pos + 6));
    if (escape === null) this.fail('Expected an escape sequence', pos);
    return pos + escape[0].length;
  }

  #contents(): string {
    return this.#escaped ? this.#unescape() : texts.text(this.bytes, this.view, this.stringStart, this.stringEnd);
  }

  /** The literal was checked already, so that the built-in parser can only succeed. */
  #unescape(): string {
    return JSON.parse(this.bytes.toString('utf8', this.stringStart - 1, this.stringEnd + 1)) as string;
  }

  #skipObject(): void {
    if (!this.beginObject()) return;
    do {
      this.#string('a key');
      this.#colon();
      this.skip();
    } while (this.moreMembers());
  }

  #skipArray(): void {
    if (!this.beginArray()) return;
    do this.skip();
    while (this.moreElements());
  }
}
