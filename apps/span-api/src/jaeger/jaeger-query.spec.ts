import { describe, expect, it } from '@jest/globals';
import { goDurationUs, jaegerTraceQuery } from './jaeger-query.js';

describe('goDurationUs', () => {
  it.each([
    ['1.2s', 1_200_000],
    ['100ms', 100_000],
    ['1h5m', 3_900_000_000],
    ['7us', 7],
    ['7µs', 7],
    ['1500ns', 2],
    ['1ms1us', 1_001],
    ['', undefined],
  ])('reads %s', (text, us) => {
    expect(goDurationUs({ d: text }, 'd')).toBe(us);
  });

  it.each(['5', 's', '-1s', '1.s', '1 s', '1d', '1e3s', '1s'.repeat(60)])('refuses %s', (text) => {
    expect(() => goDurationUs({ d: text }, 'd')).toThrow('d must be a duration such as 1.2s or 100ms');
  });
});

describe('jaegerTraceQuery', () => {
  const HOUR_US = 3_600_000_000;

  it('fills in what is not asked', () => {
    const query = jaegerTraceQuery({ service: 'Front' }, 1_000, 2 * HOUR_US);
    expect(query).toEqual({ serviceName: 'front', fromUs: HOUR_US, toUs: 2 * HOUR_US, limit: 20 });
  });

  it('reads everything', () => {
    const asked = { service: 'a', operation: 'Get', start: '5', end: '9', limit: '5000', maxDuration: '1ms' };
    expect(jaegerTraceQuery({ ...asked, tags: '{"a":"b","n":1}', tag: ['c:d:e', 'f:'] }, 1_000)).toEqual({
      serviceName: 'a',
      spanName: 'get',
      fromUs: 5,
      toUs: 9,
      limit: 1_000,
      minDurationUs: 0,
      maxDurationUs: 1_000,
      annotationQuery: [
        { key: 'a', value: 'b' },
        { key: 'n', value: '1' },
        { key: 'c', value: 'd:e' },
        { key: 'f', value: '' },
      ],
    });
  });

  it.each([
    [{}, 'service is required'],
    [{ service: 'a', limit: '0' }, 'limit must be 1 or more'],
    [{ service: 'a', start: 'x' }, 'start must be a whole number'],
    [{ service: 'a', tags: '[]' }, 'tags must be a JSON object'],
    [{ service: 'a', tags: '{' }, 'tags must be a JSON object'],
    [{ service: 'a', tag: ':x' }, 'tag must be key:value'],
  ])('refuses %j', (query, message) => {
    expect(() => jaegerTraceQuery(query, 1_000)).toThrow(message);
  });
});
