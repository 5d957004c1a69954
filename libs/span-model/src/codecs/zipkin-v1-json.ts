import { integerOfLiteral } from '../bytes/json-integers.js';
import { JsonKeys } from '../bytes/json-keys.js';
import type { JsonReader } from '../bytes/json-reader.js';
import type { DecodeLimits } from '../decode-limits.js';
import { type DecodedSpans, Decoding } from '../decoded-spans.js';
import type { Endpoint } from '../endpoint.js';
import { V1Original, V1Type, type V1Annotation, type V1BinaryAnnotation } from '../zipkin/v1-span.js';
import { spansOfV1 } from '../zipkin/v1-to-v2.js';
import { ZipkinJsonFields } from './zipkin-json-fields.js';

// prettier-ignore
const SPAN = new JsonKeys('traceId', 'id', 'name', 'parentId', 'timestamp', 'duration', 'annotations', 'binaryAnnotations', 'debug');
const ANNOTATION = new JsonKeys('timestamp', 'value', 'endpoint');
const BINARY_ANNOTATION = new JsonKeys('key', 'value', 'endpoint');

/** Reads a Zipkin v1 JSON list. As `decodeZipkinV2Json`; one v1 span can give more spans. */
export function decodeZipkinV1Json(bytes: Uint8Array, limits?: Partial<DecodeLimits>): DecodedSpans {
  const decoding = new Decoding(limits);
  if (bytes.length > 0) new Decoder(bytes, decoding).readList();
  return decoding.result;
}

interface OpenSpan {
  traceId: string;
  id: string;
  parentId: string | undefined;
  name: string;
  debug: boolean;
  timestampUs: bigint;
  durationUs: bigint;
  annotations: V1Annotation[];
  binaryAnnotations: V1BinaryAnnotation[];
  dropped: { attributes: number; events: number };
}

class Decoder {
  readonly #fields: ZipkinJsonFields;
  readonly #reader: JsonReader;
  readonly #decoding: Decoding;

  constructor(bytes: Uint8Array, decoding: Decoding) {
    this.#fields = new ZipkinJsonFields(bytes, 'zipkin-v1-json', decoding);
    this.#reader = this.#fields.reader;
    this.#decoding = decoding;
  }

  readList(): void {
    const reader = this.#reader;
    if (reader.beginArray()) {
      do this.#span();
      while (reader.moreElements());
    }
    reader.finish();
  }

  #span(): void {
    const reader = this.#reader;
    const open: OpenSpan = {
      traceId: '',
      id: '',
      parentId: undefined,
      name: '',
      debug: false,
      timestampUs: 0n,
      durationUs: 0n,
      annotations: [],
      binaryAnnotations: [],
      dropped: { attributes: 0, events: 0 },
    };
    if (reader.beginObject()) {
      do this.#member(open, reader.key(SPAN));
      while (reader.moreMembers());
    }
    if (open.traceId === '') reader.fail('traceId == 0', reader.pos - 1);
    if (open.id === '') reader.fail('id == 0', reader.pos - 1);
    const { timestampUs, durationUs, annotations, binaryAnnotations, dropped, ...identity } = open;
    const original = new V1Original(timestampUs, durationUs, annotations, binaryAnnotations);
    const spans = spansOfV1({ ...identity, original });
    for (const span of spans) this.#decoding.spans.push(span);
    if (spans[0] !== undefined) {
      spans[0].droppedAttributes = dropped.attributes;
      spans[0].droppedEvents = dropped.events;
    }
  }

  #member(span: OpenSpan, key: number): void {
    const fields = this.#fields;
    if (key === 0) span.traceId = fields.traceId();
    else if (key === 1) span.id = fields.id();
    else if (key < 0) this.#reader.skip();
    else if (this.#reader.isNull()) this.#reader.null();
    else if (key === 2) span.name = fields.text();
    else if (key === 3) span.parentId = fields.parentId();
    else if (key === 4) span.timestampUs = fields.microseconds();
    else if (key === 5) span.durationUs = fields.microseconds();
    else if (key === 6) this.#annotations(span);
    else if (key === 7) this.#binaryAnnotations(span);
    else span.debug = this.#reader.boolean() || span.debug;
  }

  #annotations(span: OpenSpan): void {
    const reader = this.#reader;
    if (!reader.beginArray()) return;
    do {
      const annotation = this.#annotation();
      if (span.annotations.length < this.#decoding.limits.events) span.annotations.push(annotation);
      else {
        span.dropped.events++;
        this.#decoding.losses.events++;
      }
    } while (reader.moreElements());
  }

  #annotation(): V1Annotation {
    const reader = this.#reader;
    let timestampUs: bigint | undefined;
    let value: string | undefined;
    let endpoint: Endpoint | undefined;
    if (reader.beginObject()) {
      do {
        const key = reader.key(ANNOTATION);
        if (key === 0) timestampUs = this.#fields.microseconds();
        else if (key === 1) value = this.#fields.text();
        else if (key === 2 && !reader.isNull()) endpoint = this.#fields.endpoint();
        else reader.skip();
      } while (reader.moreMembers());
    }
    if (timestampUs === undefined || value === undefined) return reader.fail('Incomplete annotation', reader.pos - 1);
    return { timestampUs, value, endpoint };
  }

  #binaryAnnotations(span: OpenSpan): void {
    const reader = this.#reader;
    if (!reader.beginArray()) return;
    do {
      const binary = this.#binaryAnnotation();
      if (binary === undefined) continue;
      if (span.binaryAnnotations.length < this.#decoding.limits.attributes) span.binaryAnnotations.push(binary);
      else {
        span.dropped.attributes++;
        this.#decoding.losses.attributes++;
      }
    } while (reader.moreElements());
  }

  /** Undefined when it has no value of a kind that v1 knows. */
  #binaryAnnotation(): V1BinaryAnnotation | undefined {
    const reader = this.#reader;
    let key: string | undefined;
    let value: V1BinaryAnnotation['value'] | undefined;
    let endpoint: Endpoint | undefined;
    if (reader.beginObject()) {
      do {
        const member = reader.key(BINARY_ANNOTATION);
        if (member < 0) reader.skip();
        else if (reader.isNull()) reader.null();
        else if (member === 0) key = this.#fields.text();
        else if (member === 1) value = this.#value();
        else endpoint = this.#fields.endpoint();
      } while (reader.moreMembers());
    }
    if (key === undefined) return reader.fail('No key', reader.pos - 1);
    return value === undefined ? undefined : { key, value, type: typeOf(value), endpoint };
  }

  #value(): V1BinaryAnnotation['value'] | undefined {
    const reader = this.#reader;
    if (reader.isString()) return this.#fields.text();
    if (reader.isBoolean()) return reader.boolean();
    if (reader.isContainer()) {
      reader.skip();
      return undefined;
    }
    const literal = reader.number('a value');
    return integerOfLiteral(literal) ?? Number(literal);
  }
}

function typeOf(value: V1BinaryAnnotation['value']): V1Type {
  if (typeof value === 'string') return V1Type.string;
  if (typeof value === 'boolean') return V1Type.bool;
  return typeof value === 'bigint' ? V1Type.i64 : V1Type.double;
}
