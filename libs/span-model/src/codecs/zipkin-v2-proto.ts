import { AttributeCollector } from '../attribute-collector.js';
import { boundedText } from '../bytes/bounded-text.js';
import { hexOf16, hexOf8, isZero } from '../bytes/hex.js';
import { PairCache } from '../bytes/pair-cache.js';
import { ProtobufReader } from '../bytes/protobuf-reader.js';
import type { DecodeLimits } from '../decode-limits.js';
import { type DecodedSpans, Decoding } from '../decoded-spans.js';
import { Endpoint } from '../endpoint.js';
import { parseIpBytes, type ParsedIp } from '../ip-address.js';
import { Span, SpanEvent, SpanKind } from '../span.js';
import { canonicalTraceId } from '../span-ids.js';

/** By the numbers of `zipkin.proto3.Span.Kind`. */
const KINDS: readonly SpanKind[] = [
  SpanKind.unspecified,
  SpanKind.client,
  SpanKind.server,
  SpanKind.producer,
  SpanKind.consumer,
];
const tagPairs = new PairCache();

/**
 * Reads a `zipkin.proto3.ListOfSpans`; the numbers beside the reads are tags of zipkin.proto. The whole list is refused
 * when it is malformed or a span lacks its ids. Ids are 8 or 16 bytes; shorter ones are filled up with zeros.
 */
export function decodeZipkinV2Proto(bytes: Uint8Array, limits?: Partial<DecodeLimits>): DecodedSpans {
  const decoding = new Decoding(limits);
  new Decoder(bytes, decoding).list();
  return decoding.result;
}

class Decoder {
  readonly #reader: ProtobufReader;
  readonly #decoding: Decoding;
  readonly #tags: AttributeCollector;
  #events: SpanEvent[] = [];

  constructor(bytes: Uint8Array, decoding: Decoding) {
    this.#reader = new ProtobufReader(bytes, 'zipkin-v2-proto', decoding.limits.depth);
    this.#decoding = decoding;
    this.#tags = new AttributeCollector(decoding.limits, decoding.losses);
  }

  list(): void {
    const reader = this.#reader;
    const end = reader.bytes.length;
    while (reader.pos < end) {
      const tag = reader.tag(end);
      if (tag === 10) this.#span(reader.lengthDelimited(end));
      else reader.skip(tag, end);
    }
  }

  #span(end: number): void {
    const reader = this.#reader;
    const span = new Span('zipkin-v2');
    this.#tags.start();
    while (reader.pos < end) this.#field(span, reader.tag(end), end);
    if (span.traceId === '' || span.id === '') {
      reader.fail(`Missing :${span.traceId === '' ? ' traceId' : ''}${span.id === '' ? ' id' : ''}`, end);
    }
    span.droppedAttributes = this.#tags.dropped;
    span.attributes = this.#tags.take();
    if (this.#events.length > 0) {
      span.events = this.#events;
      this.#events = [];
    }
    if (span.parentId === span.id) span.parentId = undefined;
    if (span.kind === SpanKind.client) span.shared = false;
    this.#decoding.spans.push(span);
  }

  #field(span: Span, tag: number, end: number): void {
    const reader = this.#reader;
    if (tag === 90) this.#tag(end);
    else if (tag === 10) span.traceId = this.#traceId(end);
    else if (tag === 18) span.parentId = this.#spanId('parentId', end);
    else if (tag === 26) span.id = this.#spanId('id', end) ?? reader.fail('id is all zeros', reader.pos - 1);
    else if (tag === 32) span.kind = KINDS[reader.uint32(end)] ?? SpanKind.unspecified;
    else if (tag === 42) span.name = this.#text(end);
    else if (tag === 49) span.startNs = nsOrNothing(reader.fixed64(end));
    else if (tag === 56) span.durationNs = nsOrNothing(reader.int64(end));
    else this.#context(span, tag, end);
  }

  #context(span: Span, tag: number, end: number): void {
    const reader = this.#reader;
    if (tag === 66) span.localEndpoint = this.#endpoint(reader.lengthDelimited(end));
    else if (tag === 74) span.remoteEndpoint = this.#endpoint(reader.lengthDelimited(end));
    else if (tag === 82) this.#annotation(span, reader.lengthDelimited(end));
    else if (tag === 96) span.debug = reader.bool(end) || span.debug;
    else if (tag === 104) span.shared = reader.bool(end) || span.shared;
    else reader.skip(tag, end);
  }

  #traceId(end: number): string {
    const reader = this.#reader;
    const stop = reader.lengthDelimited(end);
    const { bytes, pos } = reader;
    const length = stop - pos;
    if (length === 0) reader.fail('traceId is empty');
    if (length > 16) reader.fail('traceId.length > 32');
    if (isZero(bytes, pos, stop)) reader.fail('traceId is all zeros');
    reader.pos = stop;
    if (length === 16) return canonicalTraceId(hexOf16(bytes, pos));
    if (length === 8) return hexOf8(bytes, pos);
    return bytes.toString('hex', pos, stop).padStart(length < 8 ? 16 : 32, '0');
  }

  #spanId(what: string, end: number): string | undefined {
    const reader = this.#reader;
    const stop = reader.lengthDelimited(end);
    const { bytes, pos } = reader;
    if (stop - pos > 8) reader.fail(`${what}.length > 16`);
    reader.pos = stop;
    if (isZero(bytes, pos, stop)) return undefined;
    return stop - pos === 8 ? hexOf8(bytes, pos) : bytes.toString('hex', pos, stop).padStart(16, '0');
  }

  #annotation(span: Span, end: number): void {
    const reader = this.#reader;
    let timestampUs = 0n;
    let value = '';
    while (reader.pos < end) {
      const tag = reader.tag(end);
      if (tag === 9) timestampUs = BigInt.asIntN(64, reader.fixed64(end));
      else if (tag === 18) value = this.#text(end);
      else reader.skip(tag, end);
    }
    // Zipkin drops annotations without a time; an absent value is an empty one, as proto3 has it.
    if (timestampUs === 0n) return;
    if (this.#events.length < this.#decoding.limits.events) {
      this.#events.push(new SpanEvent(timestampUs * 1000n, value));
    } else {
      span.droppedEvents++;
      this.#decoding.losses.events++;
    }
  }

  #tag(end: number): void {
    const reader = this.#reader;
    const stop = reader.lengthDelimited(end);
    const start = reader.pos;
    const kept = tagPairs.takes(stop - start);
    const slot = kept ? tagPairs.find(reader.view, start, stop - start) : -1;
    if (slot >= 0) {
      reader.pos = stop;
      this.#tags.add(tagPairs.key(slot), tagPairs.value(slot), tagPairs.hint(slot));
      return;
    }
    let key = '';
    let value = '';
    while (reader.pos < stop) {
      const tag = reader.tag(stop);
      if (tag === 10) key = this.#text(stop);
      else if (tag === 18) value = this.#text(stop);
      else reader.skip(tag, stop);
    }
    if (kept) tagPairs.keep(reader.bytes, slot, start, stop - start, key, value);
    this.#tags.add(key, value);
  }

  #endpoint(end: number): Endpoint | undefined {
    const reader = this.#reader;
    let serviceName = '';
    let ip: ParsedIp = {};
    let port = 0;
    while (reader.pos < end) {
      const tag = reader.tag(end);
      if (tag === 10) serviceName = this.#text(end);
      else if (tag === 18 || tag === 26) ip = { ...ip, ...this.#ip(end) };
      else if (tag === 32) port = reader.uint32(end) | 0;
      else reader.skip(tag, end);
    }
    if (port > 0xffff) reader.fail(`invalid port ${port}`, end);
    return Endpoint.of(serviceName, ip.ipv4, ip.ipv6, Math.max(port, 0));
  }

  #ip(end: number): ParsedIp {
    const reader = this.#reader;
    const stop = reader.lengthDelimited(end);
    const bytes = reader.bytes.subarray(reader.pos, stop);
    reader.pos = stop;
    return parseIpBytes(bytes);
  }

  #text(end: number): string {
    const reader = this.#reader;
    const stop = reader.lengthDelimited(end);
    const start = reader.pos;
    reader.pos = stop;
    return boundedText(reader.bytes, reader.view, start, stop, this.#decoding.limits, this.#decoding.losses);
  }
}

/** Times are signed in Zipkin, whatever the protobuf type says; only positive ones count. */
function nsOrNothing(us: bigint): bigint | undefined {
  const signed = BigInt.asIntN(64, us);
  return signed > 0n ? signed * 1000n : undefined;
}
