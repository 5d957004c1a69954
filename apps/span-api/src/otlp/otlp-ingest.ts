import type { IncomingMessage } from 'node:http';
import { UnsupportedMediaTypeException } from '@nestjs/common';
import {
  decodeOtlpJson,
  decodeOtlpProto,
  encodeOtlpResponse,
  type DecodedSpans,
  type OtlpEncoding,
} from '@tracer/span-model';
import { mediaTypeOf, readEncodedBody } from '../http/encoded-body.js';
import { clusterScopeOf, tenantOf } from '../http/tenant.js';
import type { IngestBodyLimits } from '../ingest/ingest-limits.js';
import type { IngestFormat, Sender, SpanIngest } from '../ingest/span-ingest.js';

/** A map, because the keys are asked for with what clients send: `__proto__` is a content type, too. */
const ENCODINGS: ReadonlyMap<string, OtlpEncoding> = new Map([
  ['application/json', 'json'],
  ['application/x-protobuf', 'protobuf'],
]);

export const OTLP_MEDIA_TYPE: Readonly<Record<OtlpEncoding, string>> = {
  json: 'application/json',
  protobuf: 'application/x-protobuf',
};

/** How the request is encoded, and so its response; undefined for other content types. */
export function otlpEncodingOf(request: IncomingMessage): OtlpEncoding | undefined {
  return ENCODINGS.get(mediaTypeOf(request));
}

export interface OtlpAnswer {
  readonly contentType: string;
  readonly body: Buffer;
}

/** Takes `ExportTraceServiceRequest`s. */
export class OtlpIngest {
  constructor(
    private readonly ingest: SpanIngest,
    private readonly limits: IngestBodyLimits,
  ) {}

  async takeRequest(request: IncomingMessage): Promise<OtlpAnswer> {
    const sender = { tenant: tenantOf(request.headers), ...clusterScopeOf(request.headers) };
    const encoding = otlpEncodingOf(request);
    if (encoding === undefined)
      throw new UnsupportedMediaTypeException('content type must be application/x-protobuf or application/json');
    const body = await readEncodedBody(request, this.limits.bodyBytes, 'body is not gzip');
    const response = await this.take(encoding, body, sender, encoding === 'json' ? 'otlp-json' : 'otlp-proto');
    return { contentType: OTLP_MEDIA_TYPE[encoding], body: response };
  }

  /** The encoded `ExportTraceServiceResponse`: what was refused or cut is a partial success. */
  async take(encoding: OtlpEncoding, body: Uint8Array, sender: Sender, format: IngestFormat): Promise<Buffer> {
    const decode = encoding === 'json' && body.length > 0 ? decodeOtlpJson : decodeOtlpProto;
    const decoded = decode(body, this.limits.decode);
    await this.ingest.accept(format, decoded, sender);
    return encodeOtlpResponse(encoding, decoded.rejected, decoded.rejectedBecause || lossText(decoded));
  }
}

/** A warning in the words of the sender's limits; '' when all was kept. */
function lossText({ losses }: DecodedSpans): string {
  const parts = [
    [losses.attributes, 'attributes dropped'],
    [losses.events, 'events dropped'],
    [losses.links, 'links dropped'],
    [losses.values, 'values cut'],
  ] as const;
  return parts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${count} ${what}`)
    .join(', ');
}
