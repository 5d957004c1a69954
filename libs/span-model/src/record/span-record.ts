import { AttributeCollector } from '../attribute-collector.js';
import type { AttributeValue } from '../attributes.js';
import { hexOf16, hexOf8 } from '../bytes/hex.js';
import { ProtobufReader, Wire } from '../bytes/protobuf-reader.js';
import { otlpKind, otlpStatus } from '../codecs/otlp-fields.js';
import { OtlpProtoMessages } from '../codecs/otlp-proto-messages.js';
import { NO_LIMITS } from '../decode-limits.js';
import { Decoding } from '../decoded-spans.js';
import { Endpoint } from '../endpoint.js';
import { parseIpBytes, type ParsedIp } from '../ip-address.js';
import { Resource, Scope, Span, type SpanEvent, type SpanLink, type SpanSource } from '../span.js';
import { V1Original, type V1Annotation, type V1BinaryAnnotation, type V1Type } from '../zipkin/v1-span.js';
import { CONTINUED_FLAG, DEBUG_FLAG, SHARED_FLAG } from './span-record-writer.js';

const SOURCES: readonly SpanSource[] = ['otlp', 'otlp', 'zipkin-v1', 'zipkin-v2'];

/** Reads what `encodeSpanRecord` wrote. Throws DecodeError when the bytes are damaged. */
export function decodeSpanRecord(bytes: Uint8Array, resource = Resource.none, scope = Scope.none): Span {
  return new RecordReader(bytes).span(resource, scope);
}

/** Reads what `encodeResourceRecord` wrote. */
export function decodeResourceRecord(bytes: Uint8Array): Resource {
  return new RecordReader(bytes).resource();
}

/** Reads what `encodeScopeRecord` wrote. */
export function decodeScopeRecord(bytes: Uint8Array): Scope {
  return new RecordReader(bytes).scope();
}

/** The numbers beside the reads are field numbers; the writer lists what they mean. */
class RecordReader {
  readonly #reader: ProtobufReader;
  readonly #messages: OtlpProtoMessages;
  readonly #attributes: AttributeCollector;
  readonly #events: SpanEvent[] = [];
  readonly #links: SpanLink[] = [];

  constructor(bytes: Uint8Array) {
    const decoding = new Decoding(NO_LIMITS);
    this.#reader = new ProtobufReader(bytes, 'span-record', NO_LIMITS.depth);
    this.#messages = new OtlpProtoMessages(this.#reader, decoding);
    this.#attributes = new AttributeCollector(decoding.limits, decoding.losses);
  }

  span(resource: Resource, scope: Scope): Span {
    const reader = this.#reader;
    const end = reader.bytes.length;
    const span = new Span('otlp', '', '', resource, scope);
    while (reader.pos < end) this.#field(span, reader.tag(end), end);
    span.attributes = this.#attributes.take();
    if (this.#events.length > 0) span.events = this.#events;
    if (this.#links.length > 0) span.links = this.#links;
    if (span.traceId === '' || span.id === '') reader.fail('ids are missing');
    return span;
  }

  resource(): Resource {
    let resource = Resource.none;
    let schemaUrl = '';
    this.#each(this.#reader.bytes.length, (field, end) => {
      if (field === 1) resource = this.#messages.resource(this.#reader.lengthDelimited(end));
      else if (field === 2) schemaUrl = this.#messages.values.text(end);
      else return false;
      return true;
    });
    return resource.at(schemaUrl);
  }

  scope(): Scope {
    let scope = Scope.none;
    let schemaUrl = '';
    this.#each(this.#reader.bytes.length, (field, end) => {
      if (field === 1) scope = this.#messages.scope(this.#reader.lengthDelimited(end));
      else if (field === 2) schemaUrl = this.#messages.values.text(end);
      else return false;
      return true;
    });
    return scope.at(schemaUrl);
  }

  #field(span: Span, tag: number, end: number): void {
    const reader = this.#reader;
    const field = tag >>> 3;
    if (field === 1) span.source = SOURCES[reader.uint32(end)] ?? 'otlp';
    else if (field === 2) span.traceId = this.#hex(end);
    else if (field === 3) span.id = this.#hex(end);
    else if (field === 4) span.parentId = this.#hex(end);
    else if (field === 5) span.name = this.#messages.values.text(end);
    else if (field === 6) span.kind = otlpKind(reader.uint32(end));
    else if (field === 7) span.startNs = this.#big(tag, end);
    else if (field === 8) span.durationNs = this.#big(tag, end);
    else if (field === 9) this.#messages.values.attribute(end, this.#attributes);
    else this.#moreField(span, field, tag, end);
  }

  #moreField(span: Span, field: number, tag: number, end: number): void {
    const reader = this.#reader;
    if (field === 10) this.#events.push(this.#event(reader.lengthDelimited(end)));
    else if (field === 11) this.#links.push(this.#messages.link(reader.lengthDelimited(end)));
    else if (field === 12) span.droppedAttributes = reader.uint32(end);
    else if (field === 13) span.droppedEvents = reader.uint32(end);
    else if (field === 14) span.droppedLinks = reader.uint32(end);
    else if (field === 15) span.statusCode = otlpStatus(reader.uint32(end));
    else if (field === 16) span.statusMessage = this.#messages.values.text(end);
    else if (field === 17) span.traceState = this.#messages.values.text(end);
    else if (field === 18) span.traceFlags = reader.uint32(end);
    else this.#zipkinField(span, field, tag, end);
  }

  #zipkinField(span: Span, field: number, tag: number, end: number): void {
    const reader = this.#reader;
    if (field === 19) this.#flags(span, reader.uint32(end));
    else if (field === 20) span.localEndpoint = this.#endpoint(end);
    else if (field === 21) span.remoteEndpoint = this.#endpoint(end);
    else if (field === 22) span.v1 = this.#original(reader.lengthDelimited(end));
    else reader.skip(tag, end);
  }

  #flags(span: Span, flags: number): void {
    span.debug = (flags & DEBUG_FLAG) !== 0;
    span.shared = (flags & SHARED_FLAG) !== 0;
    if ((flags & CONTINUED_FLAG) !== 0) span.v1 = V1Original.continued;
  }

  #event(end: number): SpanEvent {
    return this.#messages.event(end, (tag, stop) => this.#big(tag, stop));
  }

  #original(end: number): V1Original {
    let timestampUs = 0n;
    let durationUs = 0n;
    const annotations: V1Annotation[] = [];
    const binaryAnnotations: V1BinaryAnnotation[] = [];
    this.#each(end, (field, stop, tag) => {
      if (field === 1) timestampUs = this.#big(tag, stop);
      else if (field === 2) durationUs = this.#big(tag, stop);
      else if (field === 3) annotations.push(this.#annotation(this.#reader.lengthDelimited(stop)));
      else if (field === 4) binaryAnnotations.push(this.#binary(this.#reader.lengthDelimited(stop)));
      else return false;
      return true;
    });
    return new V1Original(timestampUs, durationUs, annotations, binaryAnnotations);
  }

  #annotation(end: number): V1Annotation {
    let timestampUs = 0n;
    let value = '';
    let endpoint: Endpoint | undefined;
    this.#each(end, (field, stop, tag) => {
      if (field === 1) timestampUs = this.#big(tag, stop);
      else if (field === 2) value = this.#messages.values.text(stop);
      else if (field === 3) endpoint = this.#endpoint(stop);
      else return false;
      return true;
    });
    return { timestampUs, value, endpoint };
  }

  #binary(end: number): V1BinaryAnnotation {
    let key = '';
    let type = 0;
    let value: AttributeValue;
    let endpoint: Endpoint | undefined;
    this.#each(end, (field, stop) => {
      if (field === 1) key = this.#messages.values.text(stop);
      else if (field === 2) type = this.#reader.uint32(stop);
      else if (field === 3) value = this.#messages.values.any(stop, undefined);
      else if (field === 4) endpoint = this.#endpoint(stop);
      else return false;
      return true;
    });
    return { key, type: type as V1Type, value: (value ?? '') as V1BinaryAnnotation['value'], endpoint };
  }

  #endpoint(end: number): Endpoint {
    const reader = this.#reader;
    let serviceName = '';
    let ip: ParsedIp = {};
    let port = 0;
    this.#each(reader.lengthDelimited(end), (field, stop) => {
      if (field === 1) serviceName = this.#messages.values.text(stop);
      else if (field === 2 || field === 3) ip = { ...ip, ...parseIpBytes(this.#bytes(stop)) };
      else if (field === 4) port = reader.uint32(stop);
      else return false;
      return true;
    });
    return new Endpoint(serviceName, ip.ipv4, ip.ipv6, port);
  }

  #big(tag: number, end: number): bigint {
    if ((tag & 7) === Wire.varint) return this.#reader.int64(end);
    const text = this.#messages.values.text(end);
    return /^-?[0-9]{1,40}$/.test(text) ? BigInt(text) : this.#reader.fail('Expected a number');
  }

  #hex(end: number): string {
    const bytes = this.#bytes(end);
    if (bytes.length === 16) return hexOf16(bytes, 0);
    return bytes.length === 8 ? hexOf8(bytes, 0) : this.#reader.fail('Expected an id of 8 or 16 bytes');
  }

  #bytes(end: number): Buffer {
    const stop = this.#reader.lengthDelimited(end);
    const bytes = this.#reader.bytes.subarray(this.#reader.pos, stop);
    this.#reader.pos = stop;
    return bytes;
  }

  /** Gives each field of a message to `read`; those for which it answers false are skipped. */
  #each(end: number, read: (field: number, end: number, tag: number) => boolean): void {
    while (this.#reader.pos < end) {
      const tag = this.#reader.tag(end);
      if (!read(tag >>> 3, end, tag)) this.#reader.skip(tag, end);
    }
  }
}
