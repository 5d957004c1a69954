import { describe, expect, it } from '@jest/globals';
import { coverageHeaders, coverageOf, verdictOf } from './verdict.js';
import type { NodeResult } from './node-result.js';

const value = (node: string): NodeResult => ({ node, kind: 'value', value: {} });
const silence = (node: string, reason = 'no answer within 10 ms'): NodeResult => ({ node, kind: 'silence', reason });
const refusal = (node: string, status: number, message: string): NodeResult => ({
  node,
  kind: 'refusal',
  refusal: { status, code: 'HOOK_UNKNOWN', message },
});
const elsewhere = (node: string): NodeResult => ({
  node,
  kind: 'elsewhere',
  refusal: { status: 404, message: 'No session with ID 1' },
});

describe('verdictOf', () => {
  it('is satisfied by one node', () => {
    expect(verdictOf([elsewhere('a'), value('b'), silence('c')]).parts?.map(({ node }) => node)).toEqual(['b']);
  });

  it('prefers a refusal that tells more, then the first by name', () => {
    const results = [elsewhere('a'), refusal('b', 404, 'running already'), refusal('c', 500, 'disk full')];
    expect(verdictOf(results)).toEqual({
      refusal: { node: 'b', status: 404, code: 'HOOK_UNKNOWN', message: 'running already' },
    });
    expect(verdictOf([silence('a'), elsewhere('b'), elsewhere('c')]).refusal?.node).toBe('b');
  });

  it('says why no node answered', () => {
    expect(verdictOf([silence('a', 'ECONNREFUSED'), silence('b', 'late')]).failure).toMatchObject({
      code: 'NODES_UNREACHABLE',
      message: 'Connection to tracers failed (a: ECONNREFUSED; b: late)',
    });
    expect(verdictOf([]).failure?.message).toBe('Connection to tracers failed');
  });
});

describe('coverage', () => {
  it('counts answers and names what is missing', () => {
    const coverage = coverageOf([value('a'), elsewhere('b'), silence('c'), refusal('d', 404, 'no hook')]);
    expect(coverageHeaders(coverage)).toEqual({
      'X-Tracer-Nodes': '3/4',
      'X-Tracer-Warnings': 'c: no answer within 10 ms; d: 404 HOOK_UNKNOWN no hook',
    });
  });

  it('fits into a header, whatever nodes are called', () => {
    const many = Array.from({ length: 500 }, (_, index) =>
      silence(`Knoten-ü\r\nSet-Cookie: ${index};`, 'ж'.repeat(99)),
    );
    const { 'X-Tracer-Warnings': warnings = '' } = coverageHeaders(coverageOf([value('a'), ...many]));
    expect(warnings).toMatch(/^[\x20-\x7e]+; and \d+ more$/);
    expect(warnings.length).toBeLessThan(3_050);
    const [, more] = /and (\d+) more$/.exec(warnings) ?? [];
    expect(warnings.split('; ').length - 1 + Number(more)).toBe(500);
  });
});
