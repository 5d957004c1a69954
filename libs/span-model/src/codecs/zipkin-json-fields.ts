import { boundedString, boundedText } from '../bytes/bounded-text.js';
import { ByteTable, FIRST_SEEN } from '../bytes/byte-table.js';
import { lowerHex16 } from '../bytes/hex.js';
import { nsOfSafeUs } from '../bytes/int64.js';
import { integerOfLiteral } from '../bytes/json-integers.js';
import { JsonKeys } from '../bytes/json-keys.js';
import { JsonReader } from '../bytes/json-reader.js';
import { RecentId } from '../bytes/recent-id.js';
import type { SpanFormat } from '../decode-error.js';
import type { Decoding } from '../decoded-spans.js';
import { Endpoint } from '../endpoint.js';
import { isIpv4, parseIp, type ParsedIp } from '../ip-address.js';
import { IdError, normalizeParentId, normalizeSpanId, normalizeTraceId } from '../span-ids.js';

const QUOTE = 0x22;
const CLOSE_OBJECT = 0x7d;
const NUMBER = /^-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
const ENDPOINT = new JsonKeys('serviceName', 'ipv4', 'ipv6', 'port');
/** Bytes of an endpoint that is worth remembering. */
const ENDPOINT_BYTES = 128;
const ENDPOINTS = 1024;

/** Endpoints by their JSON text: there are few of them, and two in every span. */
const endpointTable = new ByteTable(ENDPOINTS, ENDPOINT_BYTES);
const endpoints = new Array<Endpoint | undefined>(ENDPOINTS).fill(undefined);

/** The fields that both JSON formats of Zipkin share, with its leniency: numbers as strings and strings as numbers. */
export class ZipkinJsonFields {
  readonly reader: JsonReader;
  readonly #decoding: Decoding;
  readonly #recentTrace = new RecentId();
  readonly #recentParent = new RecentId();

  constructor(bytes: Uint8Array, format: SpanFormat, decoding: Decoding) {
    this.reader = new JsonReader(bytes, format, decoding.limits.depth);
    this.#decoding = decoding;
  }

  traceId(): string {
    const reader = this.reader;
    const start = reader.isString() ? reader.pos + 1 : reader.bytes.length;
    if (reader.bytes[start + 32] === QUOTE) {
      const text = this.#recentTrace.same(reader.view, start, 32) ?? this.#wideTraceId(start);
      if (text !== undefined) {
        reader.pos = start + 33;
        return text;
      }
    }
    return this.#checked(start, normalizeTraceId);
  }

  id(): string {
    const start = this.reader.isString() ? this.reader.pos + 1 : this.reader.bytes.length;
    const text = this.reader.bytes[start + 16] === QUOTE ? lowerHex16(this.reader.bytes, start) : undefined;
    if (text === undefined) return this.#checked(start, normalizeSpanId);
    this.reader.pos = start + 17;
    return text;
  }

  parentId(): string | undefined {
    const { bytes, view } = this.reader;
    const start = this.reader.isString() ? this.reader.pos + 1 : bytes.length;
    if (bytes[start + 16] === QUOTE) {
      const recent = this.#recentParent.same(view, start, 16);
      const text = recent ?? lowerHex16(bytes, start);
      if (text !== undefined) {
        if (recent === undefined) this.#recentParent.keep(start, text);
        this.reader.pos = start + 17;
        return text;
      }
    }
    return this.#checked(start, normalizeParentId);
  }

  /** A string, or the literal of a number. */
  text(): string {
    const { reader } = this;
    const { limits, losses } = this.#decoding;
    if (!reader.isString()) return reader.number('a string');
    return reader.plainString()
      ? boundedText(reader.bytes, reader.view, reader.stringStart, reader.stringEnd, limits, losses)
      : boundedString(reader.lastString(), limits, losses);
  }

  /** Nanoseconds of a time or duration in microseconds; undefined unless it is positive. */
  nanoseconds(): bigint | undefined {
    const us = this.reader.shortInteger();
    if (us > 0) return nsOfSafeUs(us);
    const exact = us === 0 ? 0n : this.#microseconds();
    return exact > 0n ? exact * 1000n : undefined;
  }

  /** The same, as it was sent: also zero and negative. */
  microseconds(): bigint {
    const us = this.reader.shortInteger();
    return us >= 0 ? BigInt(us) : this.#microseconds();
  }

  /** An endpoint, or undefined when no part of it can be used. */
  endpoint(): Endpoint | undefined {
    const { reader } = this;
    reader.peek();
    const start = reader.pos;
    const slot = this.#endpointSlot(start);
    if (slot !== undefined && slot.index >= 0) {
      reader.pos = slot.end;
      return endpoints[slot.index];
    }
    const endpoint = this.#readEndpoint();
    if (slot !== undefined && slot.index !== FIRST_SEEN && reader.pos === slot.end) {
      endpointTable.claim(reader.bytes, ~slot.index, start, slot.end - start);
      endpoints[~slot.index] = endpoint;
    }
    return endpoint;
  }

  #wideTraceId(start: number): string | undefined {
    const { bytes } = this.reader;
    const high = lowerHex16(bytes, start);
    const low = lowerHex16(bytes, start + 16);
    // An upper or lower half of zeros takes the slow way.
    if (high === undefined || low === undefined) return undefined;
    return this.#recentTrace.keep(start, bytes.toString('latin1', start, start + 32));
  }

  #checked<T>(start: number, normalize: (text: string) => T): T {
    const text = this.reader.isString() ? this.reader.text() : this.reader.number('a string');
    try {
      return normalize(text);
    } catch (error) {
      if (error instanceof IdError) this.reader.fail(error.message, Math.min(start, this.reader.pos - 1));
      throw error;
    }
  }

  #microseconds(): bigint {
    const { reader } = this;
    const at = reader.pos;
    const literal = reader.isString() ? reader.text() : reader.number('an integer');
    const value = NUMBER.test(literal) ? integerOfLiteral(literal) : undefined;
    return value ?? reader.fail('Expected an integer of 64 bits', at);
  }

  /**
   * Looks up the endpoint that begins here. Up to its first '}' the text either equals, byte for byte, one that was
   * parsed to its end before, or it is parsed now; so braces inside strings do no harm.
   */
  #endpointSlot(start: number): { index: number; end: number } | undefined {
    const { bytes, view } = this.reader;
    const furthest = Math.min(start + ENDPOINT_BYTES, bytes.length);
    let end = start + 1;
    while (end < furthest && bytes[end] !== CLOSE_OBJECT) end++;
    end++;
    if (end > furthest || !endpointTable.takes(end - start)) return undefined;
    return { index: endpointTable.find(view, start, end - start), end };
  }

  #readEndpoint(): Endpoint | undefined {
    const { reader } = this;
    let serviceName = '';
    let ipv4: string | undefined;
    let ipv6: string | undefined;
    let port = 0;
    if (reader.beginObject()) {
      do {
        const key = reader.key(ENDPOINT);
        if (key < 0) reader.skip();
        else if (reader.isNull()) reader.null();
        else if (key === 0) serviceName = this.text();
        else if (key === 3) port = this.#port();
        else {
          // Either member may hold either kind.
          const text = this.text();
          const ip: ParsedIp = isIpv4(text) ? { ipv4: text } : parseIp(text);
          ipv4 = ip.ipv4 ?? ipv4;
          ipv6 = ip.ipv6 ?? ipv6;
        }
      } while (reader.moreMembers());
    }
    return Endpoint.of(serviceName, ipv4, ipv6, port);
  }

  #port(): number {
    const at = this.reader.pos;
    const short = this.reader.shortInteger();
    if (short >= 0 && short <= 0xffff) return short;
    const port = short < 0 ? this.microseconds() : BigInt(short);
    if (port > 0xffffn) this.reader.fail(`invalid port ${port}`, at);
    return port > 0n ? Number(port) : 0;
  }
}
