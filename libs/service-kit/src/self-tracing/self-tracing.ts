import { hostname } from 'node:os';
import { Attributes, Resource, Scope, Span, SpanKind, StatusCode, type AttributeValue } from '@tracer/span-model';
import type { NextFunction, Request, Response } from 'express';
import { VERSION } from '../version.js';
import { SELF_SPANS_HEADER, type SpanSender } from './span-sender.js';
import { childOf, formatTraceparent, parseTraceparent, type TraceContext } from './trace-context.js';

export interface SelfTracingOptions {
  readonly service: string;
  /** Share of the traces that begin here and are recorded, 0 to 1; those that others began follow them. */
  readonly share: number;
  readonly random?: () => number;
}

/** Asked for all the time, and interesting to nobody. */
const UNTRACED = new Set(['/health', '/ready', '/metrics', '/actuator/health', '/prometheus']);
const NS_PER_MS = 1e6;

/**
 * Records each request of a service as a span, and passes its place in the trace on: the header `traceparent` of the
 * request is replaced by that of the span, which whoever forwards the request sends along.
 *
 * ```
 *   client ── traceparent A ──► gateway: span B under A ── traceparent B ──► node agent: span C under B
 * ```
 */
export class SelfTracing {
  readonly #resource: Resource;
  readonly #scope = new Scope('tracer', VERSION, Attributes.empty);

  /** Without a sender nothing is recorded, and headers pass as they are. */
  constructor(
    private readonly options: SelfTracingOptions,
    readonly sender: SpanSender | undefined,
  ) {
    this.#resource = new Resource(
      Attributes.of([
        ['service.name', options.service],
        ['service.version', VERSION],
        ['host.name', hostname()],
        ['process.pid', BigInt(process.pid)],
      ]),
    );
  }

  /** Express middleware. */
  readonly trace = (request: Request, response: Response, next: NextFunction): void => {
    const { sender } = this;
    if (sender === undefined || UNTRACED.has(request.path) || request.headers[SELF_SPANS_HEADER] !== undefined) {
      next();
      return;
    }
    const header = request.headers['traceparent'];
    const parent = parseTraceparent(typeof header === 'string' ? header : undefined);
    const { share, random = Math.random } = this.options;
    const context = childOf(parent, parent?.sampled ?? random() < share);
    request.headers['traceparent'] = formatTraceparent(context);
    if (context.sampled) {
      const startMs = performance.timeOrigin + performance.now();
      const path = request.originalUrl.split('?')[0] ?? '';
      response.once('close', () => {
        sender.add(this.#span(request, response, { context, parent, startMs, path }));
      });
    }
    next();
  };

  #span(
    request: Request,
    response: Response,
    place: { context: TraceContext; parent: TraceContext | undefined; startMs: number; path: string },
  ): Span {
    const { context, parent, startMs, path } = place;
    const route = (request.route as { path?: string } | undefined)?.path;
    const { statusCode } = response;
    const span = new Span('otlp', context.traceId, context.spanId, this.#resource, this.#scope);
    span.parentId = parent?.spanId;
    span.name = route === undefined ? request.method : `${request.method} ${route}`;
    span.kind = SpanKind.server;
    span.traceFlags = 1;
    span.startNs = nanoseconds(startMs);
    span.durationNs = nanoseconds(performance.timeOrigin + performance.now()) - span.startNs;
    const attributes: [string, AttributeValue][] = [
      ['http.request.method', request.method],
      ['url.path', path],
      ['http.response.status_code', BigInt(statusCode)],
    ];
    if (route !== undefined) attributes.push(['http.route', route]);
    if (statusCode >= 500) {
      span.statusCode = StatusCode.error;
      attributes.push(['error.type', String(statusCode)]);
    } else if (!response.writableFinished) attributes.push(['error.type', 'client closed']);
    span.attributes = Attributes.of(attributes);
    return span;
  }
}

/** Epoch ms with a fraction as ns: whole microseconds, which is what the clock knows. */
function nanoseconds(ms: number): bigint {
  return BigInt(Math.round(ms * 1000)) * BigInt(NS_PER_MS / 1000);
}
