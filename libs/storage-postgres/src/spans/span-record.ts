import {
  Attributes,
  Endpoint,
  Resource,
  Scope,
  Span,
  SpanEvent,
  SpanLink,
  V1Original,
  type AttributeValue,
  type SpanKind,
  type SpanSource,
  type StatusCode,
  type V1BinaryAnnotation,
  type V1Type,
} from '@tracer/span-model';
import { ByteReader, ByteWriter } from './byte-stream.js';

/**
 * A span as bytes, losing nothing: what the column `record` holds. Ids are columns of their own and are not repeated.
 *
 * ```
 *   version   byte, 1
 *   source    byte: 0 otlp, 1 zipkin-v1, 2 zipkin-v2
 *   present   unsigned, a bit per part below (PART), so that absent parts cost nothing
 *   kind      byte      status  byte
 *   parts     in the order of PART
 * ```
 */
const VERSION = 1;
const SOURCES: readonly SpanSource[] = ['otlp', 'zipkin-v1', 'zipkin-v2'];

const PART = {
  name: 1,
  startNs: 2,
  durationNs: 4,
  localEndpoint: 8,
  remoteEndpoint: 16,
  attributes: 32,
  dropped: 64,
  events: 128,
  links: 256,
  statusMessage: 512,
  traceState: 1024,
  traceFlags: 2048,
  debug: 4096,
  shared: 8192,
  resource: 16_384,
  scope: 32_768,
  v1: 65_536,
  v1Continued: 131_072,
} as const;

/** Columns that are stored beside the record. */
export interface SpanIds {
  readonly traceId: string;
  readonly id: string;
  readonly parentId: string | undefined;
}

const writer = new ByteWriter();

export function encodeSpanRecord(span: Span): Buffer {
  writer.reset();
  writer.byte(VERSION);
  writer.byte(SOURCES.indexOf(span.source));
  const present = partsOf(span);
  writer.unsigned(present);
  writer.byte(span.kind);
  writer.byte(span.statusCode);
  writeIdentity(span, present);
  writeContent(span, present);
  return writer.finish();
}

function writeIdentity(span: Span, present: number): void {
  if (present & PART.name) writer.text(span.name);
  if (span.startNs !== undefined) writer.signed64(span.startNs);
  if (span.durationNs !== undefined) writer.signed64(span.durationNs);
  if (span.localEndpoint) writeEndpoint(span.localEndpoint);
  if (span.remoteEndpoint) writeEndpoint(span.remoteEndpoint);
  if (present & PART.attributes) writeAttributes(span.attributes);
  if ((present & PART.dropped) === 0) return;
  for (const count of [span.droppedAttributes, span.droppedEvents, span.droppedLinks]) writer.unsigned(count);
}

function writeContent(span: Span, present: number): void {
  if (present & PART.events) writeList(span.events, writeEvent);
  if (present & PART.links) writeList(span.links, writeLink);
  if (present & PART.statusMessage) writer.text(span.statusMessage);
  if (present & PART.traceState) writer.text(span.traceState);
  if (present & PART.traceFlags) writer.unsigned(span.traceFlags);
  if (present & PART.resource) writeResource(span.resource);
  if (present & PART.scope) writeScope(span.scope);
  if (present & PART.v1 && span.v1) writeV1(span.v1);
}

/** Throws RangeError for bytes that are no record of a known version. */
export function decodeSpanRecord(record: Buffer, { traceId, id, parentId }: SpanIds): Span {
  const reader = new ByteReader(record);
  const version = reader.byte();
  const source = SOURCES[reader.byte()];
  if (version !== VERSION || source === undefined)
    throw new RangeError(`not a span record of version ${VERSION}: ${version}`);
  const span = new Span(source, traceId, id);
  span.parentId = parentId;
  const present = reader.unsigned();
  span.kind = reader.byte() as SpanKind;
  span.statusCode = reader.byte() as StatusCode;
  readIdentity(reader, present, span);
  readContent(reader, present, span);
  return span;
}

function readIdentity(reader: ByteReader, present: number, span: Span): void {
  if (present & PART.name) span.name = reader.text();
  if (present & PART.startNs) span.startNs = reader.signed64();
  if (present & PART.durationNs) span.durationNs = reader.signed64();
  if (present & PART.localEndpoint) span.localEndpoint = readEndpoint(reader);
  if (present & PART.remoteEndpoint) span.remoteEndpoint = readEndpoint(reader);
  if (present & PART.attributes) span.attributes = readAttributes(reader);
  if (present & PART.dropped) {
    span.droppedAttributes = reader.unsigned();
    span.droppedEvents = reader.unsigned();
    span.droppedLinks = reader.unsigned();
  }
}

function readContent(reader: ByteReader, present: number, span: Span): void {
  if (present & PART.events) span.events = readList(reader, readEvent);
  if (present & PART.links) span.links = readList(reader, readLink);
  if (present & PART.statusMessage) span.statusMessage = reader.text();
  if (present & PART.traceState) span.traceState = reader.text();
  if (present & PART.traceFlags) span.traceFlags = reader.unsigned();
  span.debug = (present & PART.debug) !== 0;
  span.shared = (present & PART.shared) !== 0;
  if (present & PART.resource) span.resource = readResource(reader);
  if (present & PART.scope) span.scope = readScope(reader);
  if (present & PART.v1) span.v1 = readV1(reader);
  if (present & PART.v1Continued) span.v1 = V1Original.continued;
}

function partsOf(span: Span): number {
  const dropped = span.droppedAttributes + span.droppedEvents + span.droppedLinks;
  const parts: readonly (readonly [number, boolean])[] = [
    [PART.name, span.name !== ''],
    [PART.startNs, span.startNs !== undefined],
    [PART.durationNs, span.durationNs !== undefined],
    [PART.localEndpoint, span.localEndpoint !== undefined],
    [PART.remoteEndpoint, span.remoteEndpoint !== undefined],
    [PART.attributes, span.attributes.size > 0],
    [PART.dropped, dropped > 0],
    [PART.events, span.events.length > 0],
    [PART.links, span.links.length > 0],
    [PART.statusMessage, span.statusMessage !== ''],
    [PART.traceState, span.traceState !== ''],
    [PART.traceFlags, span.traceFlags !== 0],
    [PART.debug, span.debug],
    [PART.shared, span.shared],
    [PART.resource, span.resource !== Resource.none],
    [PART.scope, span.scope !== Scope.none],
    [PART.v1, span.v1 !== undefined && span.v1 !== V1Original.continued],
    [PART.v1Continued, span.v1 === V1Original.continued],
  ];
  let present = 0;
  for (const [bit, there] of parts) if (there) present |= bit;
  return present;
}

function writeList<T>(items: readonly T[], write: (item: T) => void): void {
  writer.unsigned(items.length);
  for (const item of items) write(item);
}

function readList<T>(reader: ByteReader, read: (reader: ByteReader) => T): T[] {
  const length = reader.unsigned();
  const items: T[] = [];
  for (let i = 0; i < length; i++) items.push(read(reader));
  return items;
}

function writeEndpoint({ serviceName, ipv4 = '', ipv6 = '', port }: Endpoint): void {
  writer.text(serviceName);
  writer.text(ipv4);
  writer.text(ipv6);
  writer.unsigned(port);
}

function readEndpoint(reader: ByteReader): Endpoint {
  const [serviceName, ipv4, ipv6] = [reader.text(), reader.text(), reader.text()];
  return new Endpoint(serviceName, ipv4 === '' ? undefined : ipv4, ipv6 === '' ? undefined : ipv6, reader.unsigned());
}

const TYPE = { absent: 0, text: 1, no: 2, yes: 3, int64: 4, double: 5, bytes: 6, array: 7, list: 8 } as const;

function writeAttributes(attributes: Attributes): void {
  writer.unsigned(attributes.size);
  for (const [key, value] of attributes.entries()) {
    writer.text(key);
    writeValue(value);
  }
}

function writeValue(value: AttributeValue): void {
  if (typeof value === 'string')
    tagged(TYPE.text, () => {
      writer.text(value);
    });
  else if (typeof value === 'boolean') writer.byte(value ? TYPE.yes : TYPE.no);
  else if (typeof value === 'bigint')
    tagged(TYPE.int64, () => {
      writer.signed64(value);
    });
  else if (typeof value === 'number')
    tagged(TYPE.double, () => {
      writer.double(value);
    });
  else if (value === undefined) writer.byte(TYPE.absent);
  else if (value instanceof Uint8Array)
    tagged(TYPE.bytes, () => {
      writer.bytes(value);
    });
  else if (value instanceof Attributes)
    tagged(TYPE.list, () => {
      writeAttributes(value);
    });
  else
    tagged(TYPE.array, () => {
      writeList(value, writeValue);
    });
}

function tagged(type: number, write: () => void): void {
  writer.byte(type);
  write();
}

function readAttributes(reader: ByteReader): Attributes {
  const flat: AttributeValue[] = [];
  for (let left = reader.unsigned(); left > 0; left--) flat.push(reader.text(), readValue(reader));
  return flat.length === 0 ? Attributes.empty : new Attributes(flat);
}

const READ_VALUE: readonly ((reader: ByteReader) => AttributeValue)[] = [
  () => undefined,
  (reader) => reader.text(),
  () => false,
  () => true,
  (reader) => reader.signed64(),
  (reader) => reader.double(),
  (reader) => reader.bytes(),
  (reader) => readList(reader, readValue),
  readAttributes,
];

function readValue(reader: ByteReader): AttributeValue {
  const type = reader.byte();
  const read = READ_VALUE[type];
  if (read === undefined) throw new RangeError(`a span record has no values of type ${type}`);
  return read(reader);
}

function writeEvent({ timeNs, name, attributes, droppedAttributes }: SpanEvent): void {
  writer.signed64(timeNs);
  writer.text(name);
  writeAttributes(attributes);
  writer.unsigned(droppedAttributes);
}

function readEvent(reader: ByteReader): SpanEvent {
  return new SpanEvent(reader.signed64(), reader.text(), readAttributes(reader), reader.unsigned());
}

function writeLink({ traceId, spanId, traceState, attributes, droppedAttributes, flags }: SpanLink): void {
  writer.text(traceId);
  writer.text(spanId);
  writer.text(traceState);
  writeAttributes(attributes);
  writer.unsigned(droppedAttributes);
  writer.unsigned(flags);
}

function readLink(reader: ByteReader): SpanLink {
  const [traceId, spanId, traceState] = [reader.text(), reader.text(), reader.text()];
  return new SpanLink(traceId, spanId, traceState, readAttributes(reader), reader.unsigned(), reader.unsigned());
}

function writeResource({ attributes, droppedAttributes, schemaUrl }: Resource): void {
  writeAttributes(attributes);
  writer.unsigned(droppedAttributes);
  writer.text(schemaUrl);
}

function readResource(reader: ByteReader): Resource {
  return new Resource(readAttributes(reader), reader.unsigned(), reader.text());
}

function writeScope({ name, version, attributes, droppedAttributes, schemaUrl }: Scope): void {
  writer.text(name);
  writer.text(version);
  writeAttributes(attributes);
  writer.unsigned(droppedAttributes);
  writer.text(schemaUrl);
}

function readScope(reader: ByteReader): Scope {
  return new Scope(reader.text(), reader.text(), readAttributes(reader), reader.unsigned(), reader.text());
}

function writeV1({ timestampUs, durationUs, annotations, binaryAnnotations }: V1Original): void {
  writer.signed64(timestampUs);
  writer.signed64(durationUs);
  writeList(annotations, ({ timestampUs: atUs, value, endpoint }) => {
    writer.signed64(atUs);
    writer.text(value);
    writeOptionalEndpoint(endpoint);
  });
  writeList(binaryAnnotations, ({ key, type, value, endpoint }) => {
    writer.text(key);
    writer.byte(type);
    writeValue(value);
    writeOptionalEndpoint(endpoint);
  });
}

function readV1(reader: ByteReader): V1Original {
  const [timestampUs, durationUs] = [reader.signed64(), reader.signed64()];
  const annotations = readList(reader, () => ({
    timestampUs: reader.signed64(),
    value: reader.text(),
    endpoint: readOptionalEndpoint(reader),
  }));
  const binaryAnnotations = readList(reader, () => ({
    key: reader.text(),
    type: reader.byte() as V1Type,
    value: readValue(reader) as V1BinaryAnnotation['value'],
    endpoint: readOptionalEndpoint(reader),
  }));
  return new V1Original(timestampUs, durationUs, annotations, binaryAnnotations);
}

function writeOptionalEndpoint(endpoint: Endpoint | undefined): void {
  writer.byte(endpoint === undefined ? 0 : 1);
  if (endpoint !== undefined) writeEndpoint(endpoint);
}

function readOptionalEndpoint(reader: ByteReader): Endpoint | undefined {
  return reader.byte() === 0 ? undefined : readEndpoint(reader);
}
