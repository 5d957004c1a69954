import { AttributeCollector } from '../attribute-collector.js';
import { lowerHex16 } from '../bytes/hex.js';
import { JsonKeys } from '../bytes/json-keys.js';
import { JsonReader } from '../bytes/json-reader.js';
import { RecentId } from '../bytes/recent-id.js';
import type { DecodeLimits } from '../decode-limits.js';
import { type DecodedSpans, Decoding } from '../decoded-spans.js';
import { Resource, Scope, Span, SpanEvent, SpanLink } from '../span.js';
import { canonicalTraceId } from '../span-ids.js';
import { idProblem, otlpKind, otlpStatus, serviceEndpointOf, setTimes } from './otlp-fields.js';
import { OtlpJsonValues } from './otlp-json-values.js';

const REQUEST = new JsonKeys('resourceSpans');
const RESOURCE_SPANS = new JsonKeys('resource', 'scopeSpans', 'schemaUrl');
const RESOURCE = new JsonKeys('attributes', 'droppedAttributesCount');
const SCOPE_SPANS = new JsonKeys('scope', 'spans', 'schemaUrl');
const SCOPE = new JsonKeys('name', 'version', 'attributes', 'droppedAttributesCount');
// prettier-ignore
const SPAN = new JsonKeys(
  'traceId', 'spanId', 'parentSpanId', 'name', 'kind', 'startTimeUnixNano', 'endTimeUnixNano', 'attributes', 'events',
  'status', 'flags', 'traceState', 'links', 'droppedAttributesCount', 'droppedEventsCount', 'droppedLinksCount');
const EVENT = new JsonKeys('timeUnixNano', 'name', 'attributes', 'droppedAttributesCount');
const LINK = new JsonKeys('traceId', 'spanId', 'traceState', 'attributes', 'droppedAttributesCount', 'flags');
const STATUS = new JsonKeys('message', 'code');
const HEX = /^[0-9a-f]+$/;
const ZEROS = /^0+$/;

/**
 * Reads an OTLP/JSON trace request. Keys are lowerCamelCase only, unknown ones are skipped; ids are hexadecimal in either
 * case. Spans without usable ids are rejected one by one; a malformed body is refused as a whole.
 */
export function decodeOtlpJson(bytes: Uint8Array, limits?: Partial<DecodeLimits>): DecodedSpans {
  const decoding = new Decoding(limits);
  new Decoder(bytes, decoding).request();
  return decoding.result;
}

/** What is read of a span before it is known to be good. */
interface OpenTimes {
  startNs: bigint;
  endNs: bigint;
  parentIsBad: boolean;
}

class Decoder {
  readonly #reader: JsonReader;
  readonly #decoding: Decoding;
  readonly #values: OtlpJsonValues;
  readonly #attributes: AttributeCollector;
  /** For what lies inside or around spans: events, links, scopes, resources. */
  readonly #inner: AttributeCollector;
  readonly #recentTrace = new RecentId();

  constructor(bytes: Uint8Array, decoding: Decoding) {
    this.#reader = new JsonReader(bytes, 'otlp-json', decoding.limits.depth);
    this.#decoding = decoding;
    this.#values = new OtlpJsonValues(this.#reader, decoding);
    this.#attributes = new AttributeCollector(decoding.limits, decoding.losses);
    this.#inner = new AttributeCollector(decoding.limits, decoding.losses);
  }

  request(): void {
    this.#values.object(REQUEST, () => {
      this.#values.list(() => {
        this.#resourceSpans();
      });
    });
    this.#reader.finish();
  }

  /** The resource may stand behind its spans, so they get it when all is read. */
  #resourceSpans(): void {
    const { spans } = this.#decoding;
    const first = spans.length;
    let resource = Resource.none;
    let schemaUrl = '';
    this.#values.object(RESOURCE_SPANS, (key) => {
      if (key === 0) resource = this.#resource();
      else if (key === 2) schemaUrl = this.#values.text();
      else {
        this.#values.list(() => {
          this.#scopeSpans();
        });
      }
    });
    if (schemaUrl !== '') resource = resource.at(schemaUrl);
    const service = serviceEndpointOf(resource.attributes);
    for (const span of spans.slice(first)) Object.assign(span, { resource, localEndpoint: service });
  }

  #resource(): Resource {
    let dropped = 0;
    this.#inner.start();
    this.#values.object(RESOURCE, (key) => {
      if (key === 0) this.#values.attributes(this.#inner);
      else dropped = this.#values.uint32();
    });
    dropped += this.#inner.dropped;
    return new Resource(this.#inner.take(), dropped);
  }

  #scopeSpans(): void {
    const { spans } = this.#decoding;
    const first = spans.length;
    let scope = Scope.none;
    let schemaUrl = '';
    this.#values.object(SCOPE_SPANS, (key) => {
      if (key === 0) scope = this.#scope();
      else if (key === 2) schemaUrl = this.#values.text();
      else {
        this.#values.list(() => {
          this.#span();
        });
      }
    });
    if (schemaUrl !== '') scope = scope.at(schemaUrl);
    for (const span of spans.slice(first)) span.scope = scope;
  }

  #scope(): Scope {
    let name = '';
    let version = '';
    let dropped = 0;
    this.#inner.start();
    this.#values.object(SCOPE, (key) => {
      if (key === 0) name = this.#values.text();
      else if (key === 1) version = this.#values.text();
      else if (key === 2) this.#values.attributes(this.#inner);
      else dropped = this.#values.uint32();
    });
    dropped += this.#inner.dropped;
    return new Scope(name, version, this.#inner.take(), dropped);
  }

  #span(): void {
    const span = new Span('otlp');
    const times: OpenTimes = { startNs: 0n, endNs: 0n, parentIsBad: false };
    this.#attributes.start();
    this.#values.object(SPAN, (key) => {
      this.#member(span, times, key);
    });
    setTimes(span, times.startNs, times.endNs);
    span.droppedAttributes += this.#attributes.dropped;
    span.attributes = this.#attributes.take();
    const problem = idProblem(span, times.parentIsBad);
    if (problem === '') this.#decoding.spans.push(span);
    else this.#decoding.reject(problem);
  }

  /** The fields that most spans have. */
  #member(span: Span, times: OpenTimes, key: number): void {
    const values = this.#values;
    if (key === 0) span.traceId = this.#traceId();
    else if (key === 1) span.id = this.#spanId() ?? '';
    else if (key === 2) this.#parent(span, times);
    else if (key === 3) span.name = values.text();
    else if (key === 4) span.kind = otlpKind(values.enumNumber());
    else if (key === 5) times.startNs = values.fixed64();
    else if (key === 6) times.endNs = values.fixed64();
    else if (key === 7) values.attributes(this.#attributes);
    else if (key === 8) this.#events(span);
    else this.#rareMember(span, key);
  }

  #rareMember(span: Span, key: number): void {
    const values = this.#values;
    if (key === 9) this.#status(span);
    else if (key === 10) span.traceFlags = values.uint32();
    else if (key === 11) span.traceState = values.text();
    else if (key === 12) this.#links(span);
    else if (key === 13) span.droppedAttributes = values.uint32();
    else if (key === 14) span.droppedEvents += values.uint32();
    else span.droppedLinks += values.uint32();
  }

  #traceId(): string {
    const reader = this.#reader;
    reader.plainString('a hexadecimal trace id');
    const { view, stringStart, stringEnd } = reader;
    if (stringEnd - stringStart === 32) {
      const recent = this.#recentTrace.same(view, stringStart, 32);
      if (recent !== undefined) return recent;
    }
    const text = this.#hexId(32);
    return text === undefined ? '' : this.#recentTrace.keep(stringStart, canonicalTraceId(text));
  }

  #spanId(): string | undefined {
    const reader = this.#reader;
    reader.plainString('a hexadecimal span id');
    const plain = reader.stringEnd - reader.stringStart === 16;
    return (plain ? lowerHex16(reader.bytes, reader.stringStart) : undefined) ?? this.#hexId(16);
  }

  /** The id in the string read last, in lower case; undefined when it is not `length` digits, or zero. */
  #hexId(length: number): string | undefined {
    if (this.#reader.stringEnd - this.#reader.stringStart !== length) return undefined;
    const text = this.#reader.lastString().toLowerCase();
    return text.length === length && HEX.test(text) && !ZEROS.test(text) ? text : undefined;
  }

  #parent(span: Span, times: OpenTimes): void {
    span.parentId = this.#spanId();
    const { stringStart, stringEnd } = this.#reader;
    if (span.parentId !== undefined || stringStart === stringEnd) return;
    times.parentIsBad = stringEnd - stringStart !== 16 || !ZEROS.test(this.#reader.lastString());
  }

  #status(span: Span): void {
    this.#values.object(STATUS, (key) => {
      if (key === 0) span.statusMessage = this.#values.text();
      else span.statusCode = otlpStatus(this.#values.enumNumber());
    });
  }

  #events(span: Span): void {
    const events: SpanEvent[] = [];
    this.#values.list(() => {
      if (events.length < this.#decoding.limits.events) events.push(this.#event());
      else {
        this.#reader.skip();
        span.droppedEvents++;
        this.#decoding.losses.events++;
      }
    });
    if (events.length > 0) span.events = events;
  }

  #event(): SpanEvent {
    let timeNs = 0n;
    let name = '';
    let dropped = 0;
    this.#inner.start();
    this.#values.object(EVENT, (key) => {
      if (key === 0) timeNs = this.#values.fixed64();
      else if (key === 1) name = this.#values.text();
      else if (key === 2) this.#values.attributes(this.#inner);
      else dropped = this.#values.uint32();
    });
    dropped += this.#inner.dropped;
    return new SpanEvent(timeNs, name, this.#inner.take(), dropped);
  }

  #links(span: Span): void {
    const links: SpanLink[] = [];
    this.#values.list(() => {
      if (links.length < this.#decoding.limits.links) links.push(this.#link());
      else {
        this.#reader.skip();
        span.droppedLinks++;
        this.#decoding.losses.links++;
      }
    });
    if (links.length > 0) span.links = links;
  }

  #link(): SpanLink {
    const link = { traceId: '', spanId: '', traceState: '', dropped: 0, flags: 0 };
    this.#inner.start();
    this.#values.object(LINK, (key) => {
      if (key === 0) link.traceId = this.#linkId();
      else if (key === 1) link.spanId = this.#linkId();
      else if (key === 2) link.traceState = this.#values.text();
      else if (key === 3) this.#values.attributes(this.#inner);
      else if (key === 4) link.dropped = this.#values.uint32();
      else link.flags = this.#values.uint32();
    });
    link.dropped += this.#inner.dropped;
    return new SpanLink(link.traceId, link.spanId, link.traceState, this.#inner.take(), link.dropped, link.flags);
  }

  /** The ids of links are kept as they are, whatever their size; they must be whole bytes in hexadecimal. */
  #linkId(): string {
    const at = this.#reader.pos;
    const text = this.#values.text().toLowerCase();
    if (text.length % 2 === 1 || !/^[0-9a-f]*$/.test(text)) this.#reader.fail('Expected hexadecimal', at);
    return text;
  }
}
