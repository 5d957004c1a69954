import { permits, type Role } from './roles.js';

/** `open` needs no token. */
export type NeededRole = Role | 'open';

export interface RouteRule {
  /** `GET` means HEAD as well, `*` any method. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | '*';
  /** `*` stands for any one segment, `**` at the end for any rest. */
  readonly path: string;
  readonly role: NeededRole;
  /** Name of the control action, for the audit log. */
  readonly audit?: string;
  /** Answers as long as the client stays. */
  readonly stream?: true;
}

type More = Omit<RouteRule, 'method' | 'path' | 'role'>;
const rule = (method: RouteRule['method'], path: string, role: NeededRole, more: More = {}): RouteRule => ({
  method,
  path,
  role,
  ...more,
});
const STREAM: More = { stream: true };

/**
 * What every route of the suite needs; the first rule that fits decides. One table for all services, because the gateway
 * passes routes of the others on and must not judge them differently. Tests hold it against the API documents: a route
 * without a rule of its own is closed to all but admins.
 */
export const ROUTE_RULES: readonly RouteRule[] = [
  // operations
  rule('GET', '/health', 'open'),
  rule('GET', '/ready', 'open'),
  rule('GET', '/actuator/health', 'open'),
  rule('GET', '/metrics', 'read'),
  rule('GET', '/prometheus', 'read'),
  // API documents and the page: nothing in them is secret, and the page is where a token is asked for
  rule('GET', '/docs', 'open'),
  rule('GET', '/docs/**', 'open'),
  rule('GET', '/docs-json', 'open'),
  rule('GET', '/docs-yaml', 'open'),
  rule('GET', '/', 'open'),
  rule('GET', '/index.html', 'open'),
  rule('GET', '/favicon.svg', 'open'),
  rule('GET', '/assets/**', 'open'),
  rule('GET', '/speedscope/**', 'open'),
  // kernel sessions
  rule('GET', '/v1/pods', 'read'),
  rule('GET', '/v1/trace-hooks', 'read'),
  rule('GET', '/v1/node', 'read'),
  rule('GET', '/v1/nodes', 'read'),
  rule('POST', '/v1/trace-session', 'trace', { audit: 'session.create' }),
  rule('GET', '/v1/trace-session/*', 'read'),
  rule('PUT', '/v1/trace-session/*', 'trace', { audit: 'session.change' }),
  rule('DELETE', '/v1/trace-session/*', 'trace', { audit: 'session.delete' }),
  rule('GET', '/v1/trace-session/*/events', 'read', STREAM),
  rule('GET', '/v1/trace-session/*/summary', 'read'),
  // replication events
  rule('*', '/status', 'read'),
  rule('*', '/events/query', 'read'),
  rule('*', '/events/scan', 'read'),
  // A GET, as the published README has it, is answered by what is wrong with it and deletes nothing.
  rule('GET', '/events/delete', 'read'),
  rule('GET', '/events/truncate', 'read'),
  rule('*', '/events/delete', 'admin', { audit: 'dm.delete' }),
  rule('*', '/events/truncate', 'admin', { audit: 'dm.truncate' }),
  rule('*', '/debug/pprof/symbol', 'read'),
  rule('GET', '/api/v1/dm/events/live', 'read', STREAM),
  rule('POST', '/api/v1/dm/import', 'ingest', { audit: 'dm.import' }),
  // spans
  rule('POST', '/api/v2/spans', 'ingest'),
  rule('POST', '/zipkin/api/v2/spans', 'ingest'),
  rule('POST', '/api/v1/spans', 'ingest'),
  rule('POST', '/v1/traces', 'ingest'),
  rule('POST', '/api/v1/spans/search', 'read'),
  rule('POST', '/api/v1/retention/run', 'admin', { audit: 'retention.run' }),
  rule('GET', '/info', 'read'),
  rule('GET', '/config.json', 'read'),
  rule('GET', '/api/v2/**', 'read'),
  rule('GET', '/zipkin/**', 'read'),
  rule('GET', '/jaeger/**', 'read'),
  rule('GET', '/v1/*/ats/**', 'read'),
  rule('GET', '/v1/*/atps/**', 'read'),
  // runs of features
  rule('POST', '/api/tracing/**', 'ingest'),
  rule('GET', '/api/traces', 'read'),
  rule('GET', '/api/traces/**', 'read'),
  rule('DELETE', '/api/traces/*', 'admin', { audit: 'runs.delete' }),
  // trace files, and every other look at what is kept
  rule('GET', '/api/v1/events/stream', 'read', STREAM),
  rule('POST', '/api/v1/query', 'read'),
  rule('GET', '/api/v1/**', 'read'),
  // gRPC
  rule('POST', '/opentelemetry.proto.collector.trace.v1.TraceService/Export', 'ingest'),
  rule('POST', '/zipkin.proto3.SpanService/Report', 'ingest'),
  rule('POST', '/pb.Tracer/*', 'ingest'),
];

/** What holds where no rule fits. */
export const CLOSED: RouteRule = rule('*', '/**', 'admin');

const TABLE = ROUTE_RULES.map((entry) => ({ entry, segments: entry.path.toLowerCase().split('/') }));

/**
 * The rule of a request. Servers behind us compare paths without case, with or without a slash at the end, some after
 * decoding `%xx`: the path is judged both as it came and decoded, and the stricter judgement holds.
 */
export function ruleOf(method: string, path: string): RouteRule {
  const asItCame = plainPath(path);
  const decoded = plainPath(decodedPath(path));
  const first = find(method, asItCame);
  if (decoded === asItCame) return first;
  const second = find(method, decoded);
  return stricter(first, second);
}

function find(method: string, path: string): RouteRule {
  const wanted = method === 'HEAD' ? 'GET' : method;
  const segments = path.split('/');
  const fits = ({ entry, segments: pattern }: (typeof TABLE)[number]): boolean =>
    (entry.method === '*' || entry.method === wanted) && covers(pattern, segments);
  return TABLE.find(fits)?.entry ?? CLOSED;
}

function covers(pattern: readonly string[], segments: readonly string[]): boolean {
  const open = pattern.at(-1) === '**';
  const fixed = open ? pattern.slice(0, -1) : pattern;
  if (open ? segments.length <= fixed.length : segments.length !== fixed.length) return false;
  return fixed.every((part, at) => part === segments[at] || (part === '*' && Boolean(segments[at])));
}

/** The one whose role contains the other's; `CLOSED` where neither does. */
function stricter(a: RouteRule, b: RouteRule): RouteRule {
  if (a.role === 'open') return b;
  if (b.role === 'open' || permits([a.role], b.role)) return a;
  return permits([b.role], a.role) ? b : CLOSED;
}

function plainPath(path: string): string {
  const plain = path.toLowerCase().replace(/\/{2,}/g, '/');
  return plain.length > 1 ? plain.replace(/\/$/, '') : plain;
}

/** Decoded as often as there is something to decode: a proxy and a server may each do it once. */
function decodedPath(path: string): string {
  let text = path;
  for (let round = 0; round < 3 && text.includes('%'); round++)
    text = text.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
  return text;
}
