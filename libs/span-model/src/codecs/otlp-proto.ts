import { AttributeCollector } from '../attribute-collector.js';
import { hexOf16, hexOf8, isZero } from '../bytes/hex.js';
import { ProtobufReader } from '../bytes/protobuf-reader.js';
import { RecentId } from '../bytes/recent-id.js';
import type { DecodeLimits } from '../decode-limits.js';
import { type DecodedSpans, Decoding } from '../decoded-spans.js';
import type { Endpoint } from '../endpoint.js';
import { Resource, Scope, Span, type SpanEvent, type SpanLink } from '../span.js';
import { canonicalTraceId } from '../span-ids.js';
import { idProblem, otlpKind, otlpStatus, serviceEndpointOf, setTimes } from './otlp-fields.js';
import { OtlpProtoMessages } from './otlp-proto-messages.js';

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

/**
 * Reads an OTLP `ExportTraceServiceRequest` (also `TracesData`, which has the same form). Spans without usable ids are
 * rejected one by one, as partial success demands; a malformed body is refused as a whole. Source of the format:
 * opentelemetry-proto v1, trace.proto; the numbers beside the reads are its tags.
 */
export function decodeOtlpProto(bytes: Uint8Array, limits?: Partial<DecodeLimits>): DecodedSpans {
  const decoding = new Decoding(limits);
  new Decoder(bytes, decoding).request();
  return decoding.result;
}

class Decoder {
  readonly #reader: ProtobufReader;
  readonly #decoding: Decoding;
  readonly #messages: OtlpProtoMessages;
  readonly #values: OtlpProtoMessages['values'];
  readonly #attributes: AttributeCollector;
  readonly #recentTrace = new RecentId();
  readonly #recentParent = new RecentId();
  readonly #readTime = (tag: number, end: number): bigint | undefined => this.#time(tag, end);
  #resource = Resource.none;
  #scope = Scope.none;
  #service: Endpoint | undefined;
  #startNs = 0n;
  #endNs = 0n;
  #parentIsBad = false;
  #events: SpanEvent[] = [];
  #links: SpanLink[] = [];

  constructor(bytes: Uint8Array, decoding: Decoding) {
    this.#reader = new ProtobufReader(bytes, 'otlp-proto', decoding.limits.depth);
    this.#decoding = decoding;
    this.#messages = new OtlpProtoMessages(this.#reader, decoding);
    this.#values = this.#messages.values;
    this.#attributes = new AttributeCollector(decoding.limits, decoding.losses);
  }

  request(): void {
    const reader = this.#reader;
    const end = reader.bytes.length;
    while (reader.pos < end) {
      const tag = reader.tag(end);
      if (tag === 10) this.#resourceSpans(reader.lengthDelimited(end));
      else reader.skip(tag, end);
    }
  }

  /** Fields may come in any order, so the resource is read before the spans whatever its place. */
  #resourceSpans(end: number): void {
    const reader = this.#reader;
    const start = reader.pos;
    let resource = Resource.none;
    let schemaUrl = '';
    while (reader.pos < end) {
      const tag = reader.tag(end);
      if (tag === 10) resource = this.#messages.resource(reader.lengthDelimited(end));
      else if (tag === 26) schemaUrl = this.#values.text(end);
      else reader.skip(tag, end);
    }
    this.#resource = schemaUrl === '' ? resource : resource.at(schemaUrl);
    this.#service = serviceEndpointOf(resource.attributes);
    reader.pos = start;
    while (reader.pos < end) {
      const tag = reader.tag(end);
      if (tag === 18) this.#scopeSpans(reader.lengthDelimited(end));
      else reader.skip(tag, end);
    }
  }

  #scopeSpans(end: number): void {
    const reader = this.#reader;
    const start = reader.pos;
    let scope = Scope.none;
    let schemaUrl = '';
    while (reader.pos < end) {
      const tag = reader.tag(end);
      if (tag === 10) scope = this.#messages.scope(reader.lengthDelimited(end));
      else if (tag === 26) schemaUrl = this.#values.text(end);
      else reader.skip(tag, end);
    }
    this.#scope = schemaUrl === '' ? scope : scope.at(schemaUrl);
    reader.pos = start;
    while (reader.pos < end) {
      const tag = reader.tag(end);
      if (tag === 18) this.#span(reader.lengthDelimited(end));
      else reader.skip(tag, end);
    }
  }

  #span(end: number): void {
    const reader = this.#reader;
    const span = new Span('otlp', '', '', this.#resource, this.#scope);
    span.localEndpoint = this.#service;
    this.#startNs = this.#endNs = 0n;
    this.#parentIsBad = false;
    this.#attributes.start();
    while (reader.pos < end) this.#field(span, reader.tag(end), end);
    setTimes(span, this.#startNs, this.#endNs);
    span.droppedAttributes += this.#attributes.dropped;
    span.attributes = this.#attributes.take();
    if (this.#events.length > 0) {
      span.events = this.#events;
      this.#events = [];
    }
    if (this.#links.length > 0) {
      span.links = this.#links;
      this.#links = [];
    }
    const problem = idProblem(span, this.#parentIsBad);
    if (problem === '') this.#decoding.spans.push(span);
    else this.#decoding.reject(problem);
  }

  /** The fields that most spans have. */
  #field(span: Span, tag: number, end: number): void {
    const reader = this.#reader;
    if (tag === 74) this.#values.attribute(end, this.#attributes);
    else if (tag === 10) span.traceId = this.#traceId(reader.lengthDelimited(end));
    else if (tag === 18) span.id = this.#spanId(reader.lengthDelimited(end));
    else if (tag === 34) this.#parent(span, reader.lengthDelimited(end));
    else if (tag === 42) span.name = this.#values.text(end);
    else if (tag === 48) span.kind = otlpKind(reader.uint32(end));
    else if (tag === 57) this.#startNs = reader.fixed64(end);
    else if (tag === 65) this.#endNs = reader.fixed64(end);
    else if (tag === 90) this.#event(span, reader.lengthDelimited(end));
    else this.#rareField(span, tag, end);
  }

  #rareField(span: Span, tag: number, end: number): void {
    const reader = this.#reader;
    if (tag === 122) this.#status(span, reader.lengthDelimited(end));
    else if (tag === 133) span.traceFlags = reader.fixed32(end);
    else if (tag === 26) span.traceState = this.#values.text(end);
    else if (tag === 80) span.droppedAttributes = reader.uint32(end);
    else if (tag === 96) span.droppedEvents += reader.uint32(end);
    else if (tag === 106) this.#link(span, reader.lengthDelimited(end));
    else if (tag === 112) span.droppedLinks += reader.uint32(end);
    else reader.skip(tag, end);
  }

  #traceId(end: number): string {
    const { bytes, view, pos } = this.#reader;
    this.#reader.pos = end;
    if (end - pos !== TRACE_ID_BYTES) return '';
    const recent = this.#recentTrace.same(view, pos, TRACE_ID_BYTES);
    if (recent !== undefined) return recent;
    return isZero(bytes, pos, end) ? '' : this.#recentTrace.keep(pos, canonicalTraceId(hexOf16(bytes, pos)));
  }

  #spanId(end: number): string {
    const { bytes, pos } = this.#reader;
    this.#reader.pos = end;
    return end - pos !== SPAN_ID_BYTES || isZero(bytes, pos, end) ? '' : hexOf8(bytes, pos);
  }

  #parent(span: Span, end: number): void {
    const { bytes, view, pos } = this.#reader;
    this.#reader.pos = end;
    span.parentId = undefined;
    if (end - pos === SPAN_ID_BYTES) {
      const recent = this.#recentParent.same(view, pos, SPAN_ID_BYTES);
      if (recent !== undefined) span.parentId = recent;
      else if (!isZero(bytes, pos, end)) span.parentId = this.#recentParent.keep(pos, hexOf8(bytes, pos));
    } else if (end !== pos) {
      this.#parentIsBad = true;
    }
  }

  #status(span: Span, end: number): void {
    const reader = this.#reader;
    while (reader.pos < end) {
      const tag = reader.tag(end);
      if (tag === 18) span.statusMessage = this.#values.text(end);
      else if (tag === 24) span.statusCode = otlpStatus(reader.uint32(end));
      else reader.skip(tag, end);
    }
  }

  #time(tag: number, end: number): bigint | undefined {
    if (tag === 9) return this.#reader.fixed64(end);
    this.#reader.skip(tag, end);
    return undefined;
  }

  #event(span: Span, end: number): void {
    if (this.#events.length < this.#decoding.limits.events) {
      this.#events.push(this.#messages.event(end, this.#readTime));
      return;
    }
    span.droppedEvents++;
    this.#decoding.losses.events++;
    this.#reader.pos = end;
  }

  #link(span: Span, end: number): void {
    if (this.#links.length < this.#decoding.limits.links) {
      this.#links.push(this.#messages.link(end));
      return;
    }
    span.droppedLinks++;
    this.#decoding.losses.links++;
    this.#reader.pos = end;
  }
}
