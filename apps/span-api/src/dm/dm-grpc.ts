import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import {
  status,
  type handleUnaryCall,
  type MethodDefinition,
  type ServiceDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import { reasonOf, TracerError, type TracerErrorCode } from '@tracer/base';
import {
  decodeDmUpload,
  decodeGetTsoRequest,
  DM_UPLOAD_STORED,
  DmEventType,
  encodeGetTsoResponse,
} from '@tracer/storage';
import { UnixClock } from '../clock/unix-clock.js';
import { GrpcServer } from '../grpc/grpc-server.js';
import { DmIngest } from './dm-ingest.js';

/** What a Go server takes unless it is told otherwise; the emitter expects no other limit. */
export const DM_MESSAGE_BYTES = 4 << 20;

const STATUS_OF: Partial<Record<TracerErrorCode, status>> = {
  BODY_MALFORMED: status.INTERNAL,
  BODY_TOO_LARGE: status.RESOURCE_EXHAUSTED,
  NOT_READY: status.UNAVAILABLE,
  VALIDATION: status.INVALID_ARGUMENT,
};

/** Messages pass as bytes: the decoders of `@tracer/storage` keep strings as they are and 64-bit integers exact. */
function unary(name: string): MethodDefinition<Buffer, Buffer> {
  const same = (message: Buffer): Buffer => message;
  return {
    path: `/pb.Tracer/${name}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
}

/** `pb.Tracer`, as DM workers call it. */
export const DM_SERVICE = {
  GetTSO: unary('GetTSO'),
  UploadSyncerBinlogEvent: unary('UploadSyncerBinlogEvent'),
  UploadSyncerJobEvent: unary('UploadSyncerJobEvent'),
} as const satisfies ServiceDefinition;

/** The gRPC side of the DM tracer. */
@Injectable()
export class DmGrpc implements OnModuleInit {
  constructor(
    @Inject(GrpcServer) private readonly server: GrpcServer,
    @Inject(DmIngest) private readonly ingest: DmIngest,
    @Inject(UnixClock) private readonly clock: UnixClock,
  ) {}

  onModuleInit(): void {
    this.server.add(DM_SERVICE, {
      GetTSO: answering((request) => {
        decodeGetTsoRequest(request);
        return Promise.resolve(encodeGetTsoResponse(this.clock.nowNs()));
      }),
      UploadSyncerBinlogEvent: answering((request) => this.#upload(DmEventType.binlog, request)),
      UploadSyncerJobEvent: answering((request) => this.#upload(DmEventType.job, request)),
    });
  }

  async #upload(type: DmEventType, request: Buffer): Promise<Buffer> {
    await this.ingest.take(decodeDmUpload(type, request));
    return DM_UPLOAD_STORED;
  }
}

function answering(answer: (request: Buffer) => Promise<Buffer>): handleUnaryCall<Buffer, Buffer> {
  return ({ request }, callback) => {
    limited(request, answer).then(
      (response) => {
        callback(null, response);
      },
      (error: unknown) => {
        callback(failureOf(error));
      },
    );
  };
}

async function limited(request: Buffer, answer: (request: Buffer) => Promise<Buffer>): Promise<Buffer> {
  if (request.length > DM_MESSAGE_BYTES)
    throw new TracerError(
      'BODY_TOO_LARGE',
      `grpc: received message larger than max (${request.length} vs. ${DM_MESSAGE_BYTES})`,
    );
  return answer(request);
}

/** In the words of Go's server where it has any; the text of an unexpected error stays here. */
function failureOf(error: unknown): Pick<ServiceError, 'code' | 'details'> {
  if (!(error instanceof TracerError)) return { code: status.INTERNAL, details: 'internal error' };
  const code = STATUS_OF[error.code] ?? status.INTERNAL;
  const reason = reasonOf(error);
  return { code, details: error.code === 'BODY_MALFORMED' ? `grpc: error unmarshalling request: ${reason}` : reason };
}
