import {
  ServerInterceptingCall,
  status,
  type Metadata,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import { TracerError, type TracerErrorCode } from '@tracer/base';
import type { Trust } from '@tracer/service-kit';

const STATUS_OF: Partial<Record<TracerErrorCode, status>> = {
  TOKEN_REQUIRED: status.UNAUTHENTICATED,
  TOKEN_INVALID: status.UNAUTHENTICATED,
  ROLE_MISSING: status.PERMISSION_DENIED,
  TOO_MANY: status.RESOURCE_EXHAUSTED,
};

/** Holds gRPC calls to the same roles and limits as HTTP requests; the token is in the metadata `authorization`. */
export function guardCalls(trust: Trust): ServerInterceptor {
  return ({ path }, call) => {
    let leave = (): void => undefined;
    return new ServerInterceptingCall(call, {
      start: (next) => {
        next({
          onReceiveMetadata: (metadata, goOn) => {
            try {
              const admitted = trust.admit(askedBy(path, metadata, call));
              leave = (): void => {
                admitted.leave();
              };
            } catch (error) {
              call.sendStatus(refusalOf(error));
              return;
            }
            goOn(metadata);
          },
          onCancel: () => {
            leave();
          },
        });
      },
      sendStatus: (given, next) => {
        leave();
        next(given);
      },
    });
  };
}

function askedBy(
  path: string,
  metadata: Metadata,
  call: ServerInterceptingCallInterface,
): Parameters<Trust['admit']>[0] {
  const [authorization] = metadata.get('authorization');
  return {
    method: 'POST',
    path,
    evidence: { authorization: typeof authorization === 'string' ? authorization : undefined },
    // `address:port`, or `[address]:port`.
    address: call
      .getPeer()
      .replace(/:\d+$/, '')
      .replace(/^\[|\]$/g, ''),
  };
}

function refusalOf(error: unknown): { code: status; details: string } {
  if (!(error instanceof TracerError)) return { code: status.INTERNAL, details: 'internal error' };
  return { code: STATUS_OF[error.code] ?? status.INTERNAL, details: error.message };
}
