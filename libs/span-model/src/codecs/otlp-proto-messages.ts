import { AttributeCollector } from '../attribute-collector.js';
import type { ProtobufReader } from '../bytes/protobuf-reader.js';
import type { Decoding } from '../decoded-spans.js';
import { Resource, Scope, SpanEvent, SpanLink } from '../span.js';
import { OtlpProtoValues } from './otlp-proto-values.js';

/** Reads the messages that stand in and around spans. Each begins at `reader.pos` and ends at `end`. */
export class OtlpProtoMessages {
  readonly values: OtlpProtoValues;
  readonly #reader: ProtobufReader;
  readonly #decoding: Decoding;
  readonly #attributes: AttributeCollector;

  constructor(reader: ProtobufReader, decoding: Decoding) {
    this.#reader = reader;
    this.#decoding = decoding;
    this.values = new OtlpProtoValues(reader, decoding);
    this.#attributes = new AttributeCollector(decoding.limits, decoding.losses);
  }

  resource(end: number): Resource {
    const reader = this.#reader;
    let dropped = 0;
    this.#attributes.start();
    while (reader.pos < end) {
      const tag = reader.tag(end);
      if (tag === 10) this.values.attribute(end, this.#attributes);
      else if (tag === 16) dropped = reader.uint32(end);
      else reader.skip(tag, end);
    }
    dropped += this.#attributes.dropped;
    return new Resource(this.#attributes.take(), dropped);
  }

  scope(end: number): Scope {
    const reader = this.#reader;
    let name = '';
    let version = '';
    let dropped = 0;
    this.#attributes.start();
    while (reader.pos < end) {
      const tag = reader.tag(end);
      if (tag === 10) name = this.values.text(end);
      else if (tag === 18) version = this.values.text(end);
      else if (tag === 26) this.values.attribute(end, this.#attributes);
      else if (tag === 32) dropped = reader.uint32(end);
      else reader.skip(tag, end);
    }
    dropped += this.#attributes.dropped;
    return new Scope(name, version, this.#attributes.take(), dropped);
  }

  /** `readTime` reads the field with number 1 by its tag; OTLP and records encode it differently. */
  event(end: number, readTime: (tag: number, end: number) => bigint | undefined): SpanEvent {
    const reader = this.#reader;
    let timeNs = 0n;
    let name = '';
    let dropped = 0;
    this.#attributes.start();
    while (reader.pos < end) {
      const tag = reader.tag(end);
      if (tag >>> 3 === 1) timeNs = readTime(tag, end) ?? timeNs;
      else if (tag === 18) name = this.values.text(end);
      else if (tag === 26) this.values.attribute(end, this.#attributes);
      else if (tag === 32) dropped = reader.uint32(end);
      else reader.skip(tag, end);
    }
    dropped += this.#attributes.dropped;
    return new SpanEvent(timeNs, name, this.#attributes.take(), dropped);
  }

  link(end: number): SpanLink {
    const reader = this.#reader;
    const link = { traceId: '', spanId: '', traceState: '', dropped: 0, flags: 0 };
    this.#attributes.start();
    while (reader.pos < end) {
      const tag = reader.tag(end);
      if (tag === 10) link.traceId = this.#hex(reader.lengthDelimited(end));
      else if (tag === 18) link.spanId = this.#hex(reader.lengthDelimited(end));
      else if (tag === 26) link.traceState = this.values.text(end);
      else if (tag === 34) this.values.attribute(end, this.#attributes);
      else if (tag === 40) link.dropped = reader.uint32(end);
      else if (tag === 53) link.flags = reader.fixed32(end);
      else reader.skip(tag, end);
    }
    link.dropped += this.#attributes.dropped;
    return new SpanLink(link.traceId, link.spanId, link.traceState, this.#attributes.take(), link.dropped, link.flags);
  }

  /** The ids of links are kept as they are, whatever their size, up to the limit of a text. */
  #hex(end: number): string {
    const { bytes, pos } = this.#reader;
    this.#reader.pos = end;
    return bytes.toString('hex', pos, Math.min(end, pos + this.#decoding.limits.valueBytes));
  }
}
