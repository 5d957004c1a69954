import { describe, expect, it } from '@jest/globals';
import { timeWindow, zipkinTraceQuery } from './zipkin-trace-query.js';

const DEFAULTS = { lookbackMs: 1_000, mostTraces: 50 };
const NOW_MS = 5_000;
const read = (query: Record<string, unknown>) => zipkinTraceQuery(query, DEFAULTS, NOW_MS);
const terms = (annotationQuery: string) => read({ annotationQuery }).annotationQuery;

describe('zipkinTraceQuery', () => {
  it('fills in what is not asked', () => {
    expect(read({})).toEqual({ fromUs: 4_000_000, toUs: 5_000_000, limit: 10 });
    expect(read({ serviceName: '', spanName: 'all', annotationQuery: '', limit: '' })).toEqual(read({}));
  });

  it('reads names in lower case, and bounds the limit', () => {
    const names = { serviceName: 'Front', remoteServiceName: 'DB', spanName: 'GET /', limit: '1000000' };
    expect(read({ ...names, endTs: '3000', lookback: '2000', minDuration: '5', maxDuration: '5' })).toEqual({
      serviceName: 'front',
      remoteServiceName: 'db',
      spanName: 'get /',
      minDurationUs: 5,
      maxDurationUs: 5,
      fromUs: 1_000_000,
      toUs: 3_000_000,
      limit: 50,
    });
  });

  it('takes the first of repeated parameters, and NUL as stores have it', () => {
    expect(read({ serviceName: ['A', 'b'], spanName: 'x\0' })).toMatchObject({ serviceName: 'a', spanName: 'x\ufffd' });
  });

  it('splits annotation queries', () => {
    expect(terms('error')).toEqual([{ key: 'error' }]);
    expect(terms(' a = b=c  and  Error and d=')).toEqual([{ key: 'a', value: 'b=c' }, { key: 'Error' }, { key: 'd' }]);
    expect(terms('a=1 and a=2')).toEqual([{ key: 'a', value: '2' }]);
    expect(terms('a=sand and b')).toEqual([{ key: 'a', value: 'sand' }, { key: 'b' }]);
    expect(terms('=x')).toBeUndefined();
    expect(terms(Array.from({ length: 150 }, (_, index) => `k${index}`).join(' and '))).toHaveLength(100);
  });

  it.each([
    [{ endTs: '0' }, 'endTs <= 0'],
    [{ endTs: '-5', limit: '0' }, 'endTs <= 0'],
    [{ limit: '-1' }, 'limit <= 0'],
    [{ lookback: '0' }, 'lookback <= 0'],
    [{ minDuration: '0' }, 'minDuration <= 0'],
    [{ minDuration: '3', maxDuration: '2' }, 'maxDuration < minDuration'],
    [{ maxDuration: '2' }, 'maxDuration is only valid with minDuration'],
    [{ limit: '1.5' }, 'limit must be a whole number, not "1.5"'],
    [{ limit: '0x10' }, 'limit must be a whole number, not "0x10"'],
  ])('refuses %j', (query, message) => {
    expect(() => read(query)).toThrow(message);
  });
});

describe('timeWindow', () => {
  it('stays exact and never begins before time did', () => {
    expect(timeWindow(10, 20)).toEqual({ fromUs: 0, toUs: 10_000 });
    const { fromUs, toUs } = timeWindow(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    expect([fromUs, Number.isSafeInteger(toUs)]).toEqual([0, true]);
  });
});
