import type { IncomingMessage } from 'node:http';
import { OWN_ERROR_BODY, type ErrorBody, type Failure } from '@tracer/service-kit';
import { encodeOtlpStatus, type OtlpEncoding } from '@tracer/span-model';
import { OTLP_MEDIA_TYPE, otlpEncodingOf } from '../otlp/otlp-ingest.js';

/** gRPC codes of HTTP statuses, as `google.rpc.Code` numbers them. */
const GRPC_CODES: Readonly<Record<number, number>> = { 401: 16, 403: 7, 404: 5, 405: 12, 413: 8, 429: 8, 503: 14 };
const INVALID_ARGUMENT = 3;
const INTERNAL = 13;

export function grpcCodeOf(status: number): number {
  return GRPC_CODES[status] ?? (status < 500 ? INVALID_ARGUMENT : INTERNAL);
}

function otlpTypeOf(request: IncomingMessage): OtlpEncoding {
  return otlpEncodingOf(request) ?? 'json';
}

const text = (prefix: string): ErrorBody => ({
  prefix,
  contentType: 'text/plain; charset=utf-8',
  body: ({ message }) => message,
});

function jaegerBody({ status, message }: Failure): string {
  return JSON.stringify({ data: null, total: 0, limit: 0, offset: 0, errors: [{ code: status, msg: message }] });
}

/** Each published API has its own idea of how a failure looks. */
export const SPAN_ERROR_BODIES: readonly ErrorBody[] = [
  text('/api/v2'),
  text('/zipkin'),
  text('/api/v1/spans'),
  text('/events'),
  text('/status'),
  { ...OWN_ERROR_BODY, prefix: '/api/v1/spans/' },
  {
    prefix: '/v1/traces',
    contentType: (request) => OTLP_MEDIA_TYPE[otlpTypeOf(request)],
    body: ({ status, message }, request) => encodeOtlpStatus(otlpTypeOf(request), grpcCodeOf(status), message),
  },
  {
    prefix: '/v1/',
    contentType: 'application/json; charset=utf-8',
    body: ({ status, message }) => JSON.stringify({ errorCode: `SVCSTG.ATS.${status}101`, errorMessage: message }),
  },
  { prefix: '/jaeger', contentType: 'application/json; charset=utf-8', body: jaegerBody },
];
