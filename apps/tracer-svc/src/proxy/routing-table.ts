/** Services behind the gateway, by the name under which they are known to users. */
export const UPSTREAMS = ['trace-indexer', 'span-api'] as const;

export type UpstreamName = (typeof UPSTREAMS)[number];

/** Routes of the gateway itself; never proxied, whatever else their paths look like. */
const OWN = ['/v1/pods', '/v1/trace-hooks', '/v1/trace-session', '/v1/nodes', '/api/v1/storage'];

/**
 * Which service answers below a path; the longest match decides, `*` stands for any one segment. The ports of the
 * published systems can be mapped onto the gateway because their paths do not overlap.
 */
const ROUTES: Readonly<Record<UpstreamName, readonly string[]>> = {
  'trace-indexer': ['/api/v1'],
  'span-api': [
    // Zipkin
    '/api/v2',
    '/api/v1/spans',
    '/zipkin',
    // OTLP
    '/v1/traces',
    // queries of our own, and Jaeger's
    '/api/v1/traces',
    '/api/v1/services',
    '/api/v1/retention',
    '/jaeger',
    // ATS, below a project
    '/v1/*/ats',
    '/v1/*/atps',
    // DM
    '/status',
    '/events',
    '/api/v1/dm',
    '/debug/pprof',
    // perf-tracer
    '/api/v1/perf',
    '/api/tracing',
    '/api/traces',
  ],
};

const TABLE = UPSTREAMS.flatMap((upstream) =>
  ROUTES[upstream].map((prefix) => ({ upstream, segments: prefix.split('/') })),
).sort((a, b) => b.segments.length - a.segments.length);

/**
 * The service that answers a path (without query); undefined for what the gateway answers itself. Slashes too many do not
 * count: some services redirect such paths, and say so themselves.
 */
export function upstreamOf(untidy: string): UpstreamName | undefined {
  const path = untidy.replace(/\/{2,}/g, '/');
  if (OWN.some((own) => path === own || path.startsWith(`${own}/`))) return undefined;
  const segments = path.split('/');
  return TABLE.find(({ segments: prefix }) =>
    prefix.every((segment, at) => segments[at] === segment || (segment === '*' && Boolean(segments[at]))),
  )?.upstream;
}
