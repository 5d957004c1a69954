import { boundedString, boundedText } from '../bytes/bounded-text.js';
import { JsonKeys } from '../bytes/json-keys.js';
import type { JsonReader } from '../bytes/json-reader.js';
import { PairCache } from '../bytes/pair-cache.js';
import { AttributeCollector } from '../attribute-collector.js';
import type { DecodeLimits } from '../decode-limits.js';
import { type DecodedSpans, Decoding } from '../decoded-spans.js';
import { Span, SpanEvent, SpanKind } from '../span.js';
import { ZipkinJsonFields } from './zipkin-json-fields.js';

// prettier-ignore
const SPAN = new JsonKeys('traceId', 'id', 'parentId', 'kind', 'name', 'timestamp', 'duration', 'localEndpoint', 'remoteEndpoint', 'annotations', 'tags', 'debug', 'shared');
const ANNOTATION = new JsonKeys('timestamp', 'value');
const KINDS: ReadonlyMap<string, SpanKind> = new Map([
  ['CLIENT', SpanKind.client],
  ['SERVER', SpanKind.server],
  ['PRODUCER', SpanKind.producer],
  ['CONSUMER', SpanKind.consumer],
]);
const tagPairs = new PairCache();

/**
 * Reads a Zipkin v2 JSON list of spans. The whole list is refused when anything in it is malformed; an empty body is an
 * empty list. Unknown members are skipped; of repeated members the last counts, repeated lists add up, as in Zipkin.
 */
export function decodeZipkinV2Json(bytes: Uint8Array, limits?: Partial<DecodeLimits>): DecodedSpans {
  const decoding = new Decoding(limits);
  if (bytes.length > 0) new Decoder(bytes, decoding).readList();
  return decoding.result;
}

class Decoder {
  readonly #fields: ZipkinJsonFields;
  readonly #reader: JsonReader;
  readonly #decoding: Decoding;
  readonly #tags: AttributeCollector;
  #events: SpanEvent[] = [];

  constructor(bytes: Uint8Array, decoding: Decoding) {
    this.#fields = new ZipkinJsonFields(bytes, 'zipkin-v2-json', decoding);
    this.#reader = this.#fields.reader;
    this.#decoding = decoding;
    this.#tags = new AttributeCollector(decoding.limits, decoding.losses);
  }

  readList(): void {
    const reader = this.#reader;
    if (reader.beginArray()) {
      do this.#decoding.spans.push(this.#span());
      while (reader.moreElements());
    }
    reader.finish();
  }

  #span(): Span {
    const reader = this.#reader;
    const span = new Span('zipkin-v2');
    this.#tags.start();
    if (reader.beginObject()) {
      do this.#member(span, reader.key(SPAN));
      while (reader.moreMembers());
    }
    if (span.traceId === '' || span.id === '') {
      reader.fail(`Missing :${span.traceId === '' ? ' traceId' : ''}${span.id === '' ? ' id' : ''}`, reader.pos - 1);
    }
    span.droppedAttributes = this.#tags.dropped;
    span.attributes = this.#tags.take();
    if (this.#events.length > 0) {
      span.events = this.#events;
      this.#events = [];
    }
    if (span.parentId === span.id) span.parentId = undefined;
    if (span.shared && span.kind === SpanKind.client) span.shared = false;
    return span;
  }

  #member(span: Span, key: number): void {
    const fields = this.#fields;
    // Ids must not be null; other members that are null are absent.
    if (key === 0) span.traceId = fields.traceId();
    else if (key === 1) span.id = fields.id();
    else if (key < 0) this.#reader.skip();
    else if (this.#reader.isNull()) this.#reader.null();
    else if (key === 2) span.parentId = fields.parentId();
    else if (key === 3) span.kind = this.#kind();
    else if (key === 4) span.name = fields.text();
    else if (key === 5) span.startNs = fields.nanoseconds();
    else if (key === 6) span.durationNs = fields.nanoseconds();
    else this.#context(span, key);
  }

  #context(span: Span, key: number): void {
    if (key === 7) span.localEndpoint = this.#fields.endpoint();
    else if (key === 8) span.remoteEndpoint = this.#fields.endpoint();
    else if (key === 9) this.#annotations(span);
    else if (key === 10) this.#readTags();
    else if (key === 11) span.debug = this.#reader.boolean() || span.debug;
    else span.shared = this.#reader.boolean() || span.shared;
  }

  #kind(): SpanKind {
    const at = this.#reader.pos;
    const text = this.#fields.text();
    return KINDS.get(text) ?? this.#reader.fail(`No enum constant zipkin2.Span.Kind.${text.slice(0, 40)}`, at);
  }

  #annotations(span: Span): void {
    const reader = this.#reader;
    if (!reader.beginArray()) return;
    do {
      const event = this.#annotation();
      if (this.#events.length < this.#decoding.limits.events) this.#events.push(event);
      else {
        span.droppedEvents++;
        this.#decoding.losses.events++;
      }
    } while (reader.moreElements());
  }

  #annotation(): SpanEvent {
    const reader = this.#reader;
    let timeNs: bigint | undefined;
    let value: string | undefined;
    if (reader.beginObject()) {
      do {
        const key = reader.key(ANNOTATION);
        if (key === 0) timeNs = this.#fields.microseconds() * 1000n;
        else if (key === 1) value = this.#fields.text();
        else reader.skip();
      } while (reader.moreMembers());
    }
    if (timeNs === undefined || value === undefined) return reader.fail('Incomplete annotation', reader.pos - 1);
    return new SpanEvent(timeNs, value);
  }

  #readTags(): void {
    const reader = this.#reader;
    if (!reader.beginObject()) return;
    do this.#tag();
    while (reader.moreMembers());
  }

  /** A tag that was seen before is found by its bytes, from the first character of the key to the last of the value. */
  #tag(): void {
    const reader = this.#reader;
    if (!reader.plainMember()) {
      this.#rareTag();
      return;
    }
    const { bytes, view, keyStart } = reader;
    const length = reader.stringEnd - keyStart;
    const kept = tagPairs.takes(length);
    const slot = kept ? tagPairs.find(view, keyStart, length) : -1;
    if (slot >= 0) {
      this.#tags.add(tagPairs.key(slot), tagPairs.value(slot), tagPairs.hint(slot));
      return;
    }
    const { limits, losses } = this.#decoding;
    const key = boundedText(bytes, view, keyStart, reader.keyEnd, limits, losses);
    const value = kept
      ? bytes.toString('utf8', reader.stringStart, reader.stringEnd)
      : boundedText(bytes, view, reader.stringStart, reader.stringEnd, limits, losses);
    if (kept) tagPairs.keep(bytes, slot, keyStart, length, key, value);
    this.#tags.add(key, value);
  }

  #rareTag(): void {
    const { limits, losses } = this.#decoding;
    const key = boundedString(this.#reader.keyText(), limits, losses);
    if (this.#reader.isNull()) this.#reader.fail(`No value of tag ${key.slice(0, 40)}`);
    this.#tags.add(key, this.#fields.text());
  }
}
