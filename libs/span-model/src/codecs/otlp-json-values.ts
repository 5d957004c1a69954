import { AttributeCollector } from '../attribute-collector.js';
import type { Attributes, AttributeValue } from '../attributes.js';
import { boundedBytes, boundedString, boundedText } from '../bytes/bounded-text.js';
import { UINT64_MAX } from '../bytes/int64.js';
import { integerOfLiteral } from '../bytes/json-integers.js';
import { JsonKeys } from '../bytes/json-keys.js';
import type { JsonReader } from '../bytes/json-reader.js';
import type { Decoding } from '../decoded-spans.js';

const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;
const BILLION = 1000000000n;
const ZERO = 0x30;
const UINT32_MAX = 0xffffffffn;

const KEY_VALUE = new JsonKeys('key', 'value');
// prettier-ignore
const ANY_VALUE = new JsonKeys('stringValue', 'intValue', 'boolValue', 'doubleValue', 'arrayValue', 'kvlistValue', 'bytesValue');
const VALUES = new JsonKeys('values');

/** The value types of OTLP/JSON: protobuf's JSON form, with OTLP's two exceptions (ids in hex, enums only as numbers). */
export class OtlpJsonValues {
  readonly #reader: JsonReader;
  readonly #decoding: Decoding;
  #depth = 0;

  constructor(reader: JsonReader, decoding: Decoding) {
    this.#reader = reader;
    this.#decoding = decoding;
  }

  /**
   * Reads an object member by member; `read` gets the index of each known one that is not null. A member that comes twice
   * is an error, as in protobuf's JSON parsers.
   */
  object(keys: JsonKeys, read: (key: number) => void): void {
    const reader = this.#reader;
    if (!reader.beginObject()) return;
    let seen = 0;
    do {
      const at = reader.pos;
      const key = reader.key(keys);
      if (key < 0) {
        reader.skip();
        continue;
      }
      const bit = 1 << key;
      if ((seen & bit) !== 0) reader.fail(`Duplicate member "${keys.nameOf(key)}"`, at);
      seen |= bit;
      if (reader.isNull()) reader.null();
      else read(key);
    } while (reader.moreMembers());
  }

  list(read: () => void): void {
    const reader = this.#reader;
    if (!reader.beginArray()) return;
    do read();
    while (reader.moreElements());
  }

  text(): string {
    const reader = this.#reader;
    const { limits, losses } = this.#decoding;
    return reader.plainString()
      ? boundedText(reader.bytes, reader.view, reader.stringStart, reader.stringEnd, limits, losses)
      : boundedString(reader.lastString(), limits, losses);
  }

  attributes(into: AttributeCollector): void {
    this.list(() => {
      let key = '';
      let value: AttributeValue;
      this.object(KEY_VALUE, (member) => {
        if (member === 0) key = this.text();
        else value = this.#any();
      });
      into.add(key, value);
    });
  }

  /** fixed64: a decimal string, or a number with all its digits. */
  fixed64(): bigint {
    const reader = this.#reader;
    if (reader.isString() && reader.plainString()) {
      return this.#digits(reader.stringStart, reader.stringEnd) ?? this.#integer(reader.lastString(), 0n, UINT64_MAX);
    }
    const short = reader.shortInteger();
    return short >= 0 ? BigInt(short) : this.#integer(reader.number('an integer'), 0n, UINT64_MAX);
  }

  uint32(): number {
    const reader = this.#reader;
    const literal = reader.isString() ? reader.text() : reader.number('an integer');
    return Number(this.#integer(literal, 0n, UINT32_MAX));
  }

  /** Enums are numbers; their names must not be used. */
  enumNumber(): number {
    const literal = this.#reader.number('the number of an enum value');
    return Number(this.#integer(literal, -2147483648n, 2147483647n));
  }

  #any(): AttributeValue {
    let value: AttributeValue;
    let given = 0;
    this.object(ANY_VALUE, (member) => {
      if (++given > 1) this.#reader.fail('A value can be of one type only');
      value = this.#valueOf(member);
    });
    return value;
  }

  #valueOf(member: number): AttributeValue {
    const reader = this.#reader;
    if (member === 0) return this.text();
    if (member === 1) return this.#integer(reader.isString() ? reader.text() : reader.number('an integer'));
    if (member === 2) return reader.boolean();
    if (member === 3) return this.#double();
    if (member === 4) return this.#array();
    return member === 5 ? this.#keyValues() : this.#bytes();
  }

  #array(): readonly AttributeValue[] {
    const values: AttributeValue[] = [];
    const { limits, losses } = this.#decoding;
    this.#enter();
    this.object(VALUES, () => {
      this.list(() => {
        const value = this.#any();
        if (values.length < limits.attributes) values.push(value);
        else losses.attributes++;
      });
    });
    this.#depth--;
    return values;
  }

  #enter(): void {
    const { depth } = this.#decoding.limits;
    if (++this.#depth > depth) this.#reader.fail(`Nested deeper than ${depth}`);
  }

  #keyValues(): Attributes {
    const collector = new AttributeCollector(this.#decoding.limits, this.#decoding.losses);
    this.#enter();
    this.object(VALUES, () => {
      this.attributes(collector);
    });
    this.#depth--;
    return collector.take();
  }

  #double(): number {
    const reader = this.#reader;
    const at = reader.pos;
    const isText = reader.isString();
    const literal = isText ? reader.text() : reader.number();
    if (isText && (literal === 'NaN' || literal === 'Infinity' || literal === '-Infinity')) return Number(literal);
    const value = NUMBER.test(literal) ? Number(literal) : NaN;
    return Number.isFinite(value) ? value : reader.fail('Expected a number that a double can hold', at);
  }

  /** Base64 in either alphabet, with or without padding. */
  #bytes(): Uint8Array {
    const reader = this.#reader;
    const at = reader.pos;
    const text = reader.text();
    if (!BASE64.test(text) || text.replace(/=+$/, '').length % 4 === 1) reader.fail('Expected base64', at);
    return boundedBytes(Buffer.from(text, 'base64'), this.#decoding.limits, this.#decoding.losses);
  }

  #integer(literal: string, least?: bigint, greatest?: bigint): bigint {
    const value = NUMBER.test(literal) ? integerOfLiteral(literal, least, greatest) : undefined;
    return value ?? this.#reader.fail('Expected an integer in the range of its type', this.#reader.pos - 1);
  }

  /** 10 to 19 plain digits of a time, read as two halves that a double holds; undefined for anything else. */
  #digits(start: number, end: number): bigint | undefined {
    const { bytes } = this.#reader;
    const middle = end - 9;
    if (end - start > 19 || middle <= start || bytes[start] === ZERO) return undefined;
    let high = 0;
    let low = 0;
    for (let i = start; i < end; i++) {
      const digit = (bytes[i] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) return undefined;
      if (i < middle) high = high * 10 + digit;
      else low = low * 10 + digit;
    }
    return BigInt(high) * BILLION + BigInt(low);
  }
}
