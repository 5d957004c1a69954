import type { IncomingMessage } from 'node:http';
import { TracerError } from '@tracer/base';
import { decodeZipkin, zipkinBodyProblem, type ZipkinEncoding } from '@tracer/span-model';
import { mediaTypeOf, readEncodedBody } from '../http/encoded-body.js';
import { clusterScopeOf, tenantOf } from '../http/tenant.js';
import type { IngestBodyLimits } from '../ingest/ingest-limits.js';
import type { IngestFormat, Sender, SpanIngest } from '../ingest/span-ingest.js';

/** The encodings of each version of the API, the one for any other content type last. */
const ENCODINGS = {
  v1: { binary: 'application/x-thrift', encoding: 'THRIFT', otherwise: 'JSON_V1' },
  v2: { binary: 'application/x-protobuf', encoding: 'PROTO3', otherwise: 'JSON_V2' },
} as const;

const FORMATS: Readonly<Record<ZipkinEncoding, IngestFormat>> = {
  JSON_V1: 'zipkin-v1-json',
  THRIFT: 'zipkin-v1-thrift',
  JSON_V2: 'zipkin-v2-json',
  PROTO3: 'zipkin-v2-proto',
};

/** Takes lists of spans in the encodings of Zipkin. */
export class ZipkinIngest {
  constructor(
    private readonly ingest: SpanIngest,
    private readonly limits: IngestBodyLimits,
  ) {}

  /** Resolves when the spans may be acknowledged. Throws SPANS_MALFORMED with Zipkin's texts; nothing is stored then. */
  async takeRequest(version: 'v1' | 'v2', request: IncomingMessage): Promise<void> {
    const sender = { tenant: tenantOf(request.headers), ...clusterScopeOf(request.headers) };
    const { binary, encoding, otherwise } = ENCODINGS[version];
    const body = await readEncodedBody(request, this.limits.bodyBytes, 'Cannot gunzip spans');
    await this.take(mediaTypeOf(request) === binary ? encoding : otherwise, body, sender);
  }

  async take(encoding: ZipkinEncoding, body: Uint8Array, sender: Sender, format = FORMATS[encoding]): Promise<void> {
    const problem = zipkinBodyProblem(encoding, body);
    if (problem !== undefined) throw new TracerError('SPANS_MALFORMED', problem);
    await this.ingest.accept(format, decodeZipkin(encoding, body, this.limits.decode), sender);
  }
}
