import { describe, expect, it } from '@jest/globals';
import { SummaryBuilder } from './summary.js';

describe('SummaryBuilder', () => {
  it('totals calls by name, most time first, with errors by name', () => {
    const summary = new SummaryBuilder();
    const read = summary.of('read');
    for (const ns of [10, 20, 30]) read.finished(ns);
    read.failed(11);
    read.failed(4);
    read.failed(11);
    read.unfinished();
    summary.of('open').finished(100);
    summary.of('never');
    summary.count('unresolved', 2);
    summary.count('unresolved', 1);
    expect(summary.build()).toEqual({
      calls: [
        {
          name: 'open',
          count: 1,
          errors: {},
          totalNs: 100,
          meanNs: 100,
          p50Ns: 100,
          p99Ns: 100,
          maxNs: 100,
          unfinished: 0,
        },
        {
          name: 'read',
          count: 3,
          errors: { EAGAIN: 2, EINTR: 1 },
          totalNs: 60,
          meanNs: 20,
          p50Ns: 20,
          p99Ns: 30,
          maxNs: 30,
          unfinished: 1,
        },
      ],
      counters: { unresolved: 3 },
    });
  });

  it('knows a call that never finished', () => {
    const summary = new SummaryBuilder();
    summary.of('futex').unfinished();
    expect(summary.build().calls).toMatchObject([{ name: 'futex', count: 0, meanNs: 0, p99Ns: 0, unfinished: 1 }]);
  });
});
