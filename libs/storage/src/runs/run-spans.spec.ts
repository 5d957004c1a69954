import { describe, expect, it } from '@jest/globals';
import { mergeTrace, SpanTree } from '@tracer/span-model';
import { runSpans } from './run-spans.js';

const T = 1_700_000_000_000_000;
const RUN = {
  tag: 'checkout',
  id: 'build-7',
  seq: 300,
  startUs: T,
  endUs: T + 500,
  steps: [
    { name: 'cart', atUs: T + 100, tracked: true },
    { name: 'typing', atUs: T + 350, tracked: false },
    { name: '', atUs: T + 500, tracked: true },
  ],
};

describe('runSpans', () => {
  it('draws a run with its steps one after the other', () => {
    const spans = runSpans(RUN);
    expect(
      spans.map(({ id, parentId, name, startNs, durationNs }) => [
        Number(id),
        parentId,
        name,
        Number((startNs ?? 0n) / 1000n) - T,
        Number(durationNs) / 1000,
      ]),
    ).toEqual([
      [1, undefined, 'checkout', 0, 500],
      [2, '0000000000000001', 'cart', 0, 100],
      [3, '0000000000000001', 'typing', 100, 250],
      [4, '0000000000000001', 'step', 350, 150],
    ]);
    expect(spans.map(({ traceId }) => traceId)).toEqual(Array(4).fill('706572662d72756e000000000000012c'));
    expect(spans.map(({ localServiceName }) => localServiceName)).toEqual(Array(4).fill('perf-tracer/checkout'));
    const [root, , typing] = spans;
    expect([...(root?.attributes.entries() ?? [])]).toEqual([
      ['perf.run', 300n],
      ['perf.trace_tag', 'checkout'],
      ['perf.trace_id', 'build-7'],
      ['perf.duration_seconds', 0.00025],
    ]);
    expect(typing?.attributes.get('perf.track_duration')).toBe(false);
    expect(new SpanTree(mergeTrace(spans)).orphans).toBe(0);
  });

  it('takes runs without steps, id or tag, and one that ended before it began', () => {
    const [root, ...steps] = runSpans({ ...RUN, tag: '', id: null, endUs: T - 5, steps: [] });
    expect([root?.name, root?.durationNs, steps]).toEqual(['run', -5_000n, []]);
    expect(root?.attributes.has('perf.trace_id')).toBe(false);
  });
});
