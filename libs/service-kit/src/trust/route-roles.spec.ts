import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { CLOSED, ROUTE_RULES, ruleOf } from './route-roles.js';

const SERVICES = ['span-api', 'trace-indexer', 'tracer-node', 'tracer-svc'];
const METHODS = ['get', 'post', 'put', 'delete', 'patch'];

interface Operation {
  readonly service: string;
  readonly method: string;
  readonly path: string;
}

const operations: Operation[] = SERVICES.flatMap((service) => {
  const document = JSON.parse(readFileSync(`openapi/${service}.json`, 'utf8')) as {
    paths: Record<string, Record<string, unknown>>;
  };
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item)
      .filter((method) => METHODS.includes(method))
      .map((method) => ({ service, method: method.toUpperCase(), path: path.replaceAll(/\{\w+\}/g, 'x') })),
  );
});

describe('the table of roles', () => {
  it('has a rule for every route of every API document', () => {
    const without = operations.filter(({ method, path }) => ruleOf(method, path) === CLOSED);
    expect(without).toEqual([]);
    expect(operations.length).toBeGreaterThan(80);
  });

  it('opens nothing of an API but health', () => {
    const open = operations.filter(({ method, path }) => ruleOf(method, path).role === 'open');
    expect([...new Set(open.map(({ path }) => path))].sort()).toEqual(['/health', '/ready']);
  });

  it('lets nobody change anything by reading', () => {
    const byRead = operations.filter(({ method, path }) => method !== 'GET' && ruleOf(method, path).role === 'read');
    // These ask a question that does not fit into a URL.
    expect(byRead.map(({ path }) => path).sort()).toEqual(['/api/v1/query', '/api/v1/spans/search']);
  });

  it('writes down every control action', () => {
    const changing = operations.filter(({ method, path }) => {
      const { role } = ruleOf(method, path);
      return role === 'trace' || role === 'admin';
    });
    expect(changing.filter(({ method, path }) => ruleOf(method, path).audit === undefined)).toEqual([]);
  });

  it('has no rule that another one hides', () => {
    const sample = (path: string): string => path.replaceAll('**', 'zzz/zzz').replaceAll('*', 'zzz');
    for (const entry of ROUTE_RULES) {
      const method = entry.method === '*' ? 'PATCH' : entry.method;
      expect(ruleOf(method, sample(entry.path))).toBe(entry);
    }
  });

  it.each([
    ['GET', '/health', 'open'],
    ['HEAD', '/health', 'open'],
    ['POST', '/health', 'admin'],
    ['GET', '/', 'open'],
    ['GET', '/assets/index-1.js', 'open'],
    ['GET', '/assets', 'admin'],
    ['GET', '/docs-json', 'open'],
    ['GET', '/metrics', 'read'],
    ['GET', '/v1/pods', 'read'],
    ['POST', '/v1/trace-session', 'trace'],
    ['DELETE', '/v1/trace-session/all', 'trace'],
    ['POST', '/v1/traces', 'ingest'],
    ['GET', '/v1/0/ats/spans', 'read'],
    ['POST', '/api/v2/spans', 'ingest'],
    ['GET', '/api/v2/spans', 'read'],
    ['POST', '/api/v1/spans', 'ingest'],
    ['POST', '/api/v1/spans/search', 'read'],
    ['GET', '/events/delete', 'read'],
    ['POST', '/events/delete', 'admin'],
    ['PUT', '/events/truncate', 'admin'],
    ['POST', '/events/truncate', 'admin'],
    ['BREW', '/events/query', 'read'],
    ['DELETE', '/api/traces/checkout', 'admin'],
    ['OPTIONS', '/v1/pods', 'admin'],
    ['POST', '/pb.Tracer/UploadSyncerJobEvent', 'ingest'],
    ['POST', '/opentelemetry.proto.collector.trace.v1.TraceService/Export', 'ingest'],
    ['POST', '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo', 'admin'],
    ['GET', '/favicon.ico', 'admin'],
  ])('wants for %s %s the role %s', (method, path, role) => {
    expect(ruleOf(method, path).role).toBe(role);
  });
});

describe('ways around the table', () => {
  it.each([
    ['GET', '/V1/Pods'],
    ['GET', '/v1/pods/'],
    ['GET', '//v1//pods'],
    ['GET', '/v1/%70ods'],
    ['POST', '/%65vents/delete'],
    ['POST', '/%2565vents/delete'],
    ['POST', '/events/DELETE'],
    ['POST', '/assets/..%2fevents%2fdelete'],
    ['GET', '/assets%2f..%2fv1%2fpods'],
    ['DELETE', '/api/traces/a%2Fsummary'],
    ['PUT', '/v1/trace-session/a%2fevents'],
    ['POST', '/api/tracing%2f..%2f..%2fevents/delete'],
  ])('%s %s is not open', (method, path) => {
    expect(ruleOf(method, path).role).not.toBe('open');
  });

  it('needs no less for any spelling of a path than for the plain one', () => {
    const rank = { open: 0, read: 1, ingest: 1, trace: 2, admin: 3 };
    const spelling = fc.array(fc.constantFrom('plain', 'upper', 'percent', 'twice'), { minLength: 60, maxLength: 60 });
    const spelt = (path: string, how: readonly string[]): string =>
      [...path]
        .map((character, at) => {
          const code = character.charCodeAt(0).toString(16);
          const ways: Record<string, string> = {
            upper: character.toUpperCase(),
            percent: character === '/' ? character : `%${code}`,
            twice: character === '/' ? '//' : `%25${code}`,
          };
          return ways[how[at % how.length] ?? 'plain'] ?? character;
        })
        .join('');
    fc.assert(
      fc.property(fc.constantFrom(...operations), spelling, ({ method, path }, how) => {
        expect(rank[ruleOf(method, spelt(path, how)).role]).toBeGreaterThanOrEqual(rank[ruleOf(method, path).role]);
      }),
      { interruptAfterTimeLimit: 3_000 },
    );
  });
});
