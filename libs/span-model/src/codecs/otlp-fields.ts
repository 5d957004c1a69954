import type { Attributes } from '../attributes.js';
import { Endpoint } from '../endpoint.js';
import { type Span, SpanKind, StatusCode } from '../span.js';

/** Kinds and codes that OTLP may add later count as not given. */
export function otlpKind(value: number): SpanKind {
  return value >= 1 && value <= 5 ? (value as SpanKind) : SpanKind.unspecified;
}

export function otlpStatus(value: number): StatusCode {
  return value === 1 || value === 2 ? value : StatusCode.unset;
}

/** What `localEndpoint` of the spans of a resource is. */
export function serviceEndpointOf(resource: Attributes): Endpoint {
  return new Endpoint(resource.text('service.name') ?? 'unknown_service', undefined, undefined, 0);
}

/** Sets start and duration from the two times of OTLP, where zero means not given. */
export function setTimes(span: Span, startNs: bigint, endNs: bigint): void {
  if (endNs !== 0n) {
    span.startNs = startNs;
    span.durationNs = endNs - startNs;
  } else if (startNs !== 0n) {
    span.startNs = startNs;
  }
}

/** Why a span is refused, or '' when its ids are usable. */
export function idProblem(span: Span, parentIsBad: boolean): string {
  if (span.traceId === '') return `trace id of span "${span.name.slice(0, 100)}" is not 16 bytes, or is zero`;
  if (span.id === '') return `span id of span "${span.name.slice(0, 100)}" is not 8 bytes, or is zero`;
  return parentIsBad ? `parent span id of span "${span.name.slice(0, 100)}" is not 8 bytes` : '';
}
