import { boundedBytes, boundedText } from '../bytes/bounded-text.js';
import { hexOf8 } from '../bytes/hex.js';
import { ThriftReader, ThriftType } from '../bytes/thrift-reader.js';
import type { DecodeLimits } from '../decode-limits.js';
import { type DecodedSpans, Decoding } from '../decoded-spans.js';
import { Endpoint } from '../endpoint.js';
import { parseIpBytes, type ParsedIp } from '../ip-address.js';
import { V1Original, V1Type, type V1Annotation, type V1BinaryAnnotation } from '../zipkin/v1-span.js';
import { spansOfV1 } from '../zipkin/v1-to-v2.js';

const ZERO_ID = '0000000000000000';

/**
 * Reads a TBinaryProtocol list of Zipkin v1 spans (zipkinCore.thrift). The whole list is refused when it is malformed or
 * a span lacks its ids; annotations without time or value and binary annotations without key or value are left out, as
 * Zipkin does.
 */
export function decodeZipkinV1Thrift(bytes: Uint8Array, limits?: Partial<DecodeLimits>): DecodedSpans {
  const decoding = new Decoding(limits);
  if (bytes.length > 0) new Decoder(bytes, decoding).readList();
  return decoding.result;
}

interface OpenSpan {
  traceId: string;
  traceIdHigh: string;
  id: string;
  parentId: string;
  name: string;
  debug: boolean;
  timestampUs: bigint;
  durationUs: bigint;
  annotations: V1Annotation[];
  binaryAnnotations: V1BinaryAnnotation[];
  droppedAttributes: number;
  droppedEvents: number;
}

class Decoder {
  readonly #reader: ThriftReader;
  readonly #decoding: Decoding;

  constructor(bytes: Uint8Array, decoding: Decoding) {
    this.#reader = new ThriftReader(bytes, 'zipkin-v1-thrift', decoding.limits.depth);
    this.#decoding = decoding;
  }

  readList(): void {
    const reader = this.#reader;
    for (let left = reader.list(ThriftType.struct); left > 0; left--) this.#span();
    if (reader.pos !== reader.bytes.length) reader.fail('Malformed: bytes behind the list');
  }

  #span(): void {
    const reader = this.#reader;
    const open: OpenSpan = {
      traceId: ZERO_ID,
      traceIdHigh: ZERO_ID,
      id: ZERO_ID,
      parentId: ZERO_ID,
      name: '',
      debug: false,
      timestampUs: 0n,
      durationUs: 0n,
      annotations: [],
      binaryAnnotations: [],
      droppedAttributes: 0,
      droppedEvents: 0,
    };
    while (reader.field()) this.#field(open);
    if (open.traceId === ZERO_ID && open.traceIdHigh === ZERO_ID) reader.fail('traceId == 0', reader.pos - 1);
    if (open.id === ZERO_ID) reader.fail('id == 0', reader.pos - 1);
    const spans = spansOfV1({
      traceId: open.traceIdHigh === ZERO_ID ? open.traceId : open.traceIdHigh + open.traceId,
      parentId: open.parentId === ZERO_ID ? undefined : open.parentId,
      id: open.id,
      name: open.name,
      debug: open.debug,
      original: new V1Original(open.timestampUs, open.durationUs, open.annotations, open.binaryAnnotations),
    });
    for (const span of spans) this.#decoding.spans.push(span);
    if (spans[0] !== undefined) {
      spans[0].droppedAttributes = open.droppedAttributes;
      spans[0].droppedEvents = open.droppedEvents;
    }
  }

  #field(span: OpenSpan): void {
    const reader = this.#reader;
    if (reader.is(1, ThriftType.i64)) span.traceId = this.#hex();
    else if (reader.is(12, ThriftType.i64)) span.traceIdHigh = this.#hex();
    else if (reader.is(4, ThriftType.i64)) span.id = this.#hex();
    else if (reader.is(5, ThriftType.i64)) span.parentId = this.#hex();
    else if (reader.is(3, ThriftType.string)) span.name = this.#text();
    else if (reader.is(6, ThriftType.list)) this.#annotations(span);
    else if (reader.is(8, ThriftType.list)) this.#binaryAnnotations(span);
    else if (reader.is(10, ThriftType.i64)) span.timestampUs = reader.i64();
    else if (reader.is(11, ThriftType.i64)) span.durationUs = reader.i64();
    else if (reader.is(9, ThriftType.bool)) span.debug = reader.byte() === 1;
    else reader.skip();
  }

  #annotations(span: OpenSpan): void {
    for (let left = this.#reader.list(ThriftType.struct); left > 0; left--) {
      const annotation = this.#annotation();
      if (annotation === undefined) continue;
      if (span.annotations.length < this.#decoding.limits.events) span.annotations.push(annotation);
      else {
        span.droppedEvents++;
        this.#decoding.losses.events++;
      }
    }
  }

  #annotation(): V1Annotation | undefined {
    const reader = this.#reader;
    let timestampUs = 0n;
    let value: string | undefined;
    let endpoint: Endpoint | undefined;
    while (reader.field()) {
      if (reader.is(1, ThriftType.i64)) timestampUs = reader.i64();
      else if (reader.is(2, ThriftType.string)) value = this.#text();
      else if (reader.is(3, ThriftType.struct)) endpoint = this.#endpoint();
      else reader.skip();
    }
    return timestampUs === 0n || value === undefined ? undefined : { timestampUs, value, endpoint };
  }

  #binaryAnnotations(span: OpenSpan): void {
    for (let left = this.#reader.list(ThriftType.struct); left > 0; left--) {
      const binary = this.#binaryAnnotation();
      if (binary === undefined) continue;
      if (span.binaryAnnotations.length < this.#decoding.limits.attributes) span.binaryAnnotations.push(binary);
      else {
        span.droppedAttributes++;
        this.#decoding.losses.attributes++;
      }
    }
  }

  #binaryAnnotation(): V1BinaryAnnotation | undefined {
    const reader = this.#reader;
    let key: string | undefined;
    let value: Buffer | undefined;
    let type: number = V1Type.bytes;
    let endpoint: Endpoint | undefined;
    while (reader.field()) {
      if (reader.is(1, ThriftType.string)) key = this.#text();
      else if (reader.is(2, ThriftType.string)) value = reader.string();
      else if (reader.is(3, ThriftType.i32)) type = reader.i32();
      else if (reader.is(4, ThriftType.struct)) endpoint = this.#endpoint();
      else reader.skip();
    }
    return key === undefined || value === undefined ? undefined : { key, ...this.#typed(value, type), endpoint };
  }

  /** The value by its type; bytes that do not fit their type stay bytes. */
  #typed(bytes: Buffer, type: number): Pick<V1BinaryAnnotation, 'value' | 'type'> {
    const { limits, losses } = this.#decoding;
    if (type === V1Type.string) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      return { value: boundedText(bytes, view, 0, bytes.length, limits, losses), type };
    }
    if (type === V1Type.bool && bytes.length === 1) return { value: bytes[0] === 1, type };
    if (type === V1Type.i16 && bytes.length === 2) return { value: BigInt(bytes.readInt16BE()), type };
    if (type === V1Type.i32 && bytes.length === 4) return { value: BigInt(bytes.readInt32BE()), type };
    if (type === V1Type.i64 && bytes.length === 8) return { value: bytes.readBigInt64BE(), type };
    if (type === V1Type.double && bytes.length === 8) return { value: bytes.readDoubleBE(), type };
    return { value: boundedBytes(bytes, limits, losses), type: V1Type.bytes };
  }

  #endpoint(): Endpoint | undefined {
    const reader = this.#reader;
    let serviceName = '';
    let ip: ParsedIp = {};
    let port = 0;
    while (reader.field()) {
      if (reader.is(1, ThriftType.i32)) {
        const ipv4 = reader.i32();
        if (ipv4 !== 0) ip = { ...ip, ...parseIpBytes(reader.bytes.subarray(reader.pos - 4, reader.pos)) };
      } else if (reader.is(2, ThriftType.i16)) port = reader.i16() & 0xffff;
      else if (reader.is(3, ThriftType.string)) serviceName = this.#text();
      else if (reader.is(4, ThriftType.string)) ip = { ...ip, ...parseIpBytes(reader.string()) };
      else reader.skip();
    }
    return Endpoint.of(serviceName, ip.ipv4, ip.ipv6, port);
  }

  #text(): string {
    const { limits, losses } = this.#decoding;
    const { length } = this.#reader.string();
    const { bytes, view, pos } = this.#reader;
    return boundedText(bytes, view, pos - length, pos, limits, losses);
  }

  #hex(): string {
    this.#reader.i64();
    return hexOf8(this.#reader.bytes, this.#reader.pos - 8);
  }
}
