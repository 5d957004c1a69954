import { describe, expect, it } from '@jest/globals';
import { upstreamOf } from './routing-table.js';

describe('upstreamOf', () => {
  it.each([
    '/api/v1/files',
    '/api/v1/files/info',
    '/api/v1/events/stream',
    '/api/v1/stats',
    '/api/v1/viz/density',
    '/api/v1/query',
    '/api/v1/whatever/comes',
    '/api/v1',
  ])('sends %s to the indexer', (path) => {
    expect(upstreamOf(path)).toBe('trace-indexer');
  });

  it.each([
    '/api/v2/spans',
    '/api/v1/spans',
    '/api/v1/spans/search',
    '/api/v1/traces/4bf9',
    '/zipkin/api/v2/traces',
    '/v1/traces',
    '/v1/0/ats/spans',
    '/v1/my-project/atps/monitorgroups',
    '/status',
    '/events/query',
    '//status',
    '/events//query',
    '/api/v1/dm/jobs',
    '/api/v1/perf/tags/checkout/runs',
    '/debug/pprof/symbol',
    '/api/tracing/start',
    '/api/traces/my%20tag',
    '/jaeger/api/services',
  ])('sends %s to span-api', (path) => {
    expect(upstreamOf(path)).toBe('span-api');
  });

  it.each([
    '/',
    '/v1/pods',
    '/v1/trace-session/ats',
    '/v1/trace-session/ats/events',
    '/v1/zzz',
    '/v1//ats/spans',
    '//v1/pods',
    '/v1//trace-session/ats',
    '/docs',
    '/health',
    '/ready',
    '/metrics',
    '/apis/v1/files',
    '/api/v10/files',
    '/api/v3',
    '/eventsource',
    '/statusx',
  ])('keeps %s', (path) => {
    expect(upstreamOf(path)).toBeUndefined();
  });
});
