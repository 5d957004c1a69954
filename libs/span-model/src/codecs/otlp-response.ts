import { ProtobufWriter } from '../bytes/protobuf-writer.js';

/** How requests and responses of OTLP/HTTP are encoded; a response has the type of its request. */
export type OtlpEncoding = 'json' | 'protobuf';

/**
 * An `ExportTraceServiceResponse`. Nothing to tell leaves `partial_success` unset: `{}`, or no bytes. `rejected` spans, or
 * just a warning (`rejected` 0), go with a message.
 */
export function encodeOtlpResponse(encoding: OtlpEncoding, rejected = 0, message = ''): Buffer {
  const silent = rejected === 0 && message === '';
  if (encoding === 'json') {
    const partialSuccess = { ...(rejected > 0 ? { rejectedSpans: String(rejected) } : {}), errorMessage: message };
    return Buffer.from(silent ? '{}' : JSON.stringify({ partialSuccess }));
  }
  const writer = new ProtobufWriter();
  if (!silent) {
    writer.message(1, () => {
      writer.int64(1, BigInt(rejected));
      writer.string(2, message);
    });
  }
  return writer.finish();
}

/** A `google.rpc.Status`, the body of every refusal. `code` is a gRPC code. */
export function encodeOtlpStatus(encoding: OtlpEncoding, code: number, message: string): Buffer {
  if (encoding === 'json') return Buffer.from(JSON.stringify({ code, message }));
  const writer = new ProtobufWriter();
  writer.uint32(1, code);
  writer.string(2, message);
  return writer.finish();
}
