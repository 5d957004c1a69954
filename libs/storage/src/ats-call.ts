import { zipkinSpanOf, type Span } from '@tracer/span-model';

/** Attributes of a span or its resource that `atsCallOf` looks at. */
export const ATS_CALL_KEYS: ReadonlySet<string> = new Set([
  'monitorGroup',
  'service.namespace',
  'service.instance.id',
  'k8s.pod.name',
  'host.name',
]);

/** Where applications belong that say nothing about it. */
export const DEFAULT_MONITOR_GROUP = 'default';

/** A span as ATS sees it: a call of one transaction at one instance of one application. */
export interface AtsCall {
  /** Lower case; undefined for a span that names no service, which ATS cannot find. */
  readonly application: string;
  /** 0 when unknown. */
  readonly port: number;
  /** '' when unknown. */
  readonly instance: string;
  /** Interface or business name, '' when unknown. */
  readonly transaction: string;
  readonly monitorGroup: string;
}

/**
 * Reads the parts of a span that ATS lists and searches; undefined when it names no service. Its own agents name spans
 * `Service:Instance:Transaction`, where the transaction may contain colons itself; spans of other tracers name themselves
 * by the operation alone, and their instance by the conventions of OpenTelemetry, else by address.
 */
export function atsCallOf(span: Span): AtsCall | undefined {
  const application = span.localServiceName;
  if (application === undefined) return undefined;
  const port = span.localEndpoint?.port ?? 0;
  const monitorGroup = textOf(span, 'monitorGroup') ?? textOf(span, 'service.namespace') ?? DEFAULT_MONITOR_GROUP;
  const first = span.name.indexOf(':');
  const second = span.name.indexOf(':', first + 1);
  if (first > 0 && second > 0 && span.name.slice(0, first).toLowerCase() === application) {
    const instance = span.name.slice(first + 1, second);
    return { application, port, instance, transaction: span.name.slice(second + 1), monitorGroup };
  }
  return { application, port, instance: instanceOf(span), transaction: span.name, monitorGroup };
}

/** What ATS shows of the outcome of a call. */
export interface AtsOutcome {
  readonly type: string;
  readonly status: number;
  readonly failed: boolean;
}

export function atsOutcomeOf(span: Span): AtsOutcome {
  const result = textOf(span, 'result');
  const code = numberOf(span, ['resultCode', 'http.status_code', 'http.response.status_code']);
  const failed = span.failed || (result === undefined ? (code ?? 0) >= 500 : result !== '0');
  return { type: textOf(span, 'type') ?? zipkinSpanOf(span).kind ?? 'LOCAL', status: code ?? (failed ? 1 : 0), failed };
}

function instanceOf(span: Span): string {
  const named = textOf(span, 'service.instance.id') ?? textOf(span, 'k8s.pod.name') ?? textOf(span, 'host.name');
  return named ?? span.localEndpoint?.ipv4 ?? span.localEndpoint?.ipv6 ?? '';
}

function textOf({ attributes, resource }: Span, key: string): string | undefined {
  return attributes.text(key) ?? resource.attributes.text(key);
}

function numberOf({ attributes }: Span, keys: readonly string[]): number | undefined {
  const values = keys.map((key) => attributes.get(key)).filter((value) => value !== undefined && value !== '');
  return values.map(Number).find((value) => Number.isSafeInteger(value));
}
