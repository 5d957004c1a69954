import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SessionLoss } from './session-loss.js';

describe('SessionLoss', () => {
  it('tells of gaps in its own time only', () => {
    const totals = new Float64Array([100, 0]);
    const loss = new SessionLoss(totals.slice(), totals);
    totals[0] = 130;
    // The mark speaks of 80, but all of them save 30 were lost before the session.
    expect([loss.gap(0, 80), loss.gap(0, 10), loss.lostOn(0), loss.rest(0), loss.rest(0)]).toEqual([30, 0, 30, 0, 0]);
    totals[0] = 150;
    expect([loss.gap(0, 5), loss.rest(0), loss.lostOn(1)]).toEqual([5, 15, 0]);
  });

  it('tells in the end of exactly as many as the kernel counted', () => {
    const marks = fc.array(fc.record({ lost: fc.nat(1000), marked: fc.nat(1200) }), { maxLength: 30 });
    fc.assert(
      fc.property(fc.nat(1e6), marks, (before, steps) => {
        const totals = new Float64Array([before]);
        const loss = new SessionLoss(totals.slice(), totals);
        let told = 0;
        for (const { lost, marked } of steps) {
          totals[0] = (totals[0] ?? 0) + lost;
          told += loss.gap(0, marked);
          expect(told).toBeLessThanOrEqual(loss.lostOn(0));
        }
        expect(told + loss.rest(0)).toBe((totals[0] ?? 0) - before);
      }),
    );
  });
});
