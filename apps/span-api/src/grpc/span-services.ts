import {
  Metadata,
  status,
  type handleUnaryCall,
  type MethodDefinition,
  type ServerUnaryCall,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { TracerError, type Log } from '@tracer/base';
import { HTTP_STATUS_OF } from '@tracer/service-kit';
import { grpcCodeOf } from '../http/error-bodies.js';
import { clusterScopeOf, tenantOf } from '../http/tenant.js';
import type { Sender } from '../ingest/span-ingest.js';
import type { OtlpIngest } from '../otlp/otlp-ingest.js';
import type { ZipkinIngest } from '../zipkin/zipkin-ingest.js';
import type { GrpcServer } from './grpc-server.js';

const same = (bytes: Buffer): Buffer => bytes;

/** A unary method whose messages are left encoded: our own readers are faster than generic ones, and keep the limits. */
function rawMethod(path: string): MethodDefinition<Buffer, Buffer> {
  return {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
}

export const OTLP_TRACE_SERVICE = {
  Export: rawMethod('/opentelemetry.proto.collector.trace.v1.TraceService/Export'),
} as const satisfies ServiceDefinition;

export const ZIPKIN_SPAN_SERVICE = {
  Report: rawMethod('/zipkin.proto3.SpanService/Report'),
} as const satisfies ServiceDefinition;

/** A `ReportResponse` has no fields. */
const REPORT_RESPONSE = Buffer.alloc(0);

/** OTLP's and Zipkin's services for reporting spans. The metadata `x-project-id` names the tenant. */
export class SpanServices {
  constructor(
    private readonly otlp: OtlpIngest,
    private readonly zipkin: ZipkinIngest,
    private readonly log: Log,
  ) {}

  addTo(server: GrpcServer): void {
    const exporting: Take = (body, sender) => this.otlp.take('protobuf', body, sender, 'otlp-grpc');
    const reporting: Take = async (body, sender) => {
      await this.zipkin.take('PROTO3', body, sender, 'zipkin-grpc');
      return REPORT_RESPONSE;
    };
    server.add(OTLP_TRACE_SERVICE, { Export: unary(this.log, exporting) });
    server.add(ZIPKIN_SPAN_SERVICE, { Report: unary(this.log, reporting) });
  }
}

type Take = (body: Buffer, sender: Sender) => Promise<Buffer>;

function unary(log: Log, take: Take): handleUnaryCall<Buffer, Buffer> {
  return (call, callback) => {
    answer(call, take).then(
      (response) => {
        callback(null, response);
      },
      (error: unknown) => {
        callback(serviceError(error, log));
      },
    );
  };
}

async function answer({ metadata, request }: ServerUnaryCall<Buffer, Buffer>, take: Take): Promise<Buffer> {
  const headers = Object.fromEntries(Object.entries(metadata.getMap()).map(([name, value]) => [name, String(value)]));
  return take(request, { tenant: tenantOf(headers), ...clusterScopeOf(headers) });
}

function serviceError(error: unknown, log: Log): { code: number; details: string; metadata: Metadata } {
  const metadata = new Metadata();
  if (error instanceof TracerError) {
    const code = grpcCodeOf(HTTP_STATUS_OF[error.code]);
    return { code, details: error.message, metadata };
  }
  log.error({ err: error }, 'gRPC call failed');
  return { code: status.INTERNAL, details: 'internal error; the log has the details', metadata };
}
