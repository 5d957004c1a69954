import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { childOf, formatTraceparent, parseTraceparent } from './trace-context.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

describe('parseTraceparent', () => {
  it.each([
    [`00-${TRACE}-${SPAN}-01`, true],
    [`00-${TRACE}-${SPAN}-00`, false],
    [`00-${TRACE}-${SPAN}-03`, true],
    [`cc-${TRACE}-${SPAN}-01-what-comes-later`, true],
    [`cc-${TRACE}-${SPAN}-01`, true],
  ])('%s', (header, sampled) => {
    expect(parseTraceparent(header)).toEqual({ traceId: TRACE, spanId: SPAN, sampled });
  });

  it.each([
    undefined,
    '',
    'x',
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    ` 00-${TRACE}-${SPAN}-01`,
  ])('does not take %j', (header) => {
    expect(parseTraceparent(header)).toBeUndefined();
  });

  it('survives any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const context = parseTraceparent(text);
        if (context !== undefined) expect(context.traceId).toMatch(/^[0-9a-f]{32}$/);
      }),
      { interruptAfterTimeLimit: 2_000 },
    );
  });
});

describe('childOf', () => {
  it('stays in the trace of its parent, with a span of its own', () => {
    const parent = { traceId: TRACE, spanId: SPAN, sampled: true };
    const child = childOf(parent, true);
    expect(child.traceId).toBe(TRACE);
    expect(child.spanId).not.toBe(SPAN);
    expect(parseTraceparent(formatTraceparent(child))).toEqual(child);
  });

  it('begins a trace without a parent', () => {
    expect(childOf(undefined, false)).not.toEqual(childOf(undefined, false));
    expect(parseTraceparent(formatTraceparent(childOf(undefined, false)))?.sampled).toBe(false);
  });
});
