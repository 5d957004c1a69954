import { AttributeCollector } from '../attribute-collector.js';
import type { Attributes, AttributeValue } from '../attributes.js';
import { boundedBytes, boundedText } from '../bytes/bounded-text.js';
import { PairCache } from '../bytes/pair-cache.js';
import type { ProtobufReader } from '../bytes/protobuf-reader.js';
import type { Decoding } from '../decoded-spans.js';

const pairs = new PairCache();

/** Reads the messages of opentelemetry/proto/common/v1: KeyValue, AnyValue, ArrayValue, KeyValueList. */
export class OtlpProtoValues {
  readonly #reader: ProtobufReader;
  readonly #decoding: Decoding;

  constructor(reader: ProtobufReader, decoding: Decoding) {
    this.#reader = reader;
    this.#decoding = decoding;
  }

  /** A length-delimited string, cut to the limit. */
  text(end: number): string {
    const reader = this.#reader;
    const stop = reader.lengthDelimited(end);
    const start = reader.pos;
    reader.pos = stop;
    return boundedText(reader.bytes, reader.view, start, stop, this.#decoding.limits, this.#decoding.losses);
  }

  /** The same for a text that is not likely to be met again by itself. */
  #rareText(end: number): string {
    const reader = this.#reader;
    const stop = reader.lengthDelimited(end);
    const start = reader.pos;
    reader.pos = stop;
    const { limits, losses } = this.#decoding;
    if (stop - start > limits.valueBytes) return boundedText(reader.bytes, reader.view, start, stop, limits, losses);
    return reader.bytes.toString('utf8', start, stop);
  }

  /** A KeyValue, added to the collector. One that was met before, byte for byte, is not read again. */
  attribute(end: number, into: AttributeCollector): void {
    const reader = this.#reader;
    const stop = reader.lengthDelimited(end);
    const start = reader.pos;
    const length = stop - start;
    const kept = pairs.takes(length);
    const slot = kept ? pairs.find(reader.view, start, length) : -1;
    if (slot >= 0) {
      into.add(pairs.key(slot), pairs.value(slot), pairs.hint(slot));
      reader.pos = stop;
      return;
    }
    let key = '';
    let value: AttributeValue;
    while (reader.pos < stop) {
      const tag = reader.tag(stop);
      if (tag === 10) key = this.text(stop);
      else if (tag === 18) value = this.any(stop, value);
      else reader.skip(tag, stop);
    }
    if (kept) pairs.keep(reader.bytes, slot, start, length, key, value);
    into.add(key, value);
  }

  /** An AnyValue; of several members the last counts, `value` stays when there is none. */
  any(end: number, value: AttributeValue): AttributeValue {
    const reader = this.#reader;
    const stop = reader.lengthDelimited(end);
    while (reader.pos < stop) {
      const tag = reader.tag(stop);
      if (tag === 10) value = this.#rareText(stop);
      else if (tag === 24) value = reader.int64(stop);
      else if (tag === 16) value = reader.bool(stop);
      else if (tag === 33) value = reader.double(stop);
      else if (tag === 42) value = this.#array(stop);
      else if (tag === 50) value = this.#list(stop);
      else if (tag === 58) value = this.#bytes(stop);
      else reader.skip(tag, stop);
    }
    return value;
  }

  #bytes(end: number): Uint8Array {
    const reader = this.#reader;
    const stop = reader.lengthDelimited(end);
    const bytes = reader.bytes.subarray(reader.pos, stop);
    reader.pos = stop;
    return boundedBytes(bytes, this.#decoding.limits, this.#decoding.losses);
  }

  #array(end: number): readonly AttributeValue[] {
    const reader = this.#reader;
    const stop = reader.lengthDelimited(end);
    const { limits, losses } = this.#decoding;
    const values: AttributeValue[] = [];
    reader.enter();
    while (reader.pos < stop) {
      const tag = reader.tag(stop);
      if (tag !== 10) reader.skip(tag, stop);
      else if (values.length < limits.attributes) values.push(this.any(stop, undefined));
      else {
        reader.skip(tag, stop);
        losses.attributes++;
      }
    }
    reader.leave();
    return values;
  }

  #list(end: number): Attributes {
    const reader = this.#reader;
    const stop = reader.lengthDelimited(end);
    const collector = new AttributeCollector(this.#decoding.limits, this.#decoding.losses);
    reader.enter();
    while (reader.pos < stop) {
      const tag = reader.tag(stop);
      if (tag === 10) this.attribute(stop, collector);
      else reader.skip(tag, stop);
    }
    reader.leave();
    return collector.take();
  }
}
