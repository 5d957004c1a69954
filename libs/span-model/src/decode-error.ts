import { TracerError } from '@tracer/base';

/** The formats that spans arrive in, and the words with which their published decoders end an error text. */
const FORMATS = {
  'zipkin-v1-json': ' reading List<Span> from json',
  'zipkin-v1-thrift': ' reading List<Span> from TBinary',
  'zipkin-v2-json': ' reading List<Span> from json',
  'zipkin-v2-proto': ' reading List<Span> from proto3',
  'otlp-json': ' reading an OTLP trace request from json',
  'otlp-proto': ' reading an OTLP trace request from protobuf',
  'span-record': ' reading a stored span',
} as const;

export type SpanFormat = keyof typeof FORMATS;

/**
 * Bytes that are not what their format says. Thrown by every decoder for every malformed input, and nothing else is.
 * `position` counts bytes from the start of the (decompressed) body, up to its length when the body ends too early.
 */
export class DecodeError extends TracerError {
  constructor(
    readonly format: SpanFormat,
    readonly reason: string,
    readonly position: number,
  ) {
    super('SPANS_MALFORMED', `${reason}${FORMATS[format]} (at byte ${position})`);
  }
}
