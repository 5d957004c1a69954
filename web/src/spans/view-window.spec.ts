import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { pan, place, readWindow, ticks, windowText, zoom } from './view-window.js';

describe('the window of a trace', () => {
  it('is read from an address, the whole where that makes no sense', () => {
    expect(readWindow('10-50', 100)).toEqual({ fromNs: 10, toNs: 50 });
    for (const text of ['', 'x', '50-50', '60-10', '200-300'])
      expect(readWindow(text, 100)).toEqual({ fromNs: 0, toNs: 100 });
    expect(readWindow('10-5000', 100)).toEqual({ fromNs: 10, toNs: 100 });
    expect([windowText({ fromNs: 0, toNs: 100 }, 100), windowText({ fromNs: 9.5, toNs: 50.2 }, 100)]).toEqual([
      '',
      '9-51',
    ]);
  });

  it('places what it touches and nothing else', () => {
    const window = { fromNs: 100, toNs: 200 };
    expect(place(window, 150, 25)).toEqual({ left: 0.5, width: 0.25 });
    expect(place(window, 0, 1000)).toEqual({ left: 0, width: 1 });
    expect([place(window, 0, 99), place(window, 201, 5), place(window, NaN, 5)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('stays inside the trace however it is zoomed and moved', () => {
    const step = fc.oneof(
      fc.record({
        factor: fc.double({ min: 0.1, max: 10, noNaN: true }),
        around: fc.double({ min: 0, max: 1, noNaN: true }),
      }),
      fc.record({ part: fc.double({ min: -2, max: 2, noNaN: true }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        let window = { fromNs: 0, toNs: 1000 };
        for (const one of steps)
          window = 'part' in one ? pan(window, one.part, 1000) : zoom(window, one.factor, one.around, 1000);
        expect(window.fromNs).toBeGreaterThanOrEqual(-1e-6);
        expect(window.toNs).toBeLessThanOrEqual(1000 + 1e-6);
        expect(window.toNs).toBeGreaterThan(window.fromNs);
      }),
      { numRuns: 200, interruptAfterTimeLimit: 10_000 },
    );
  });

  it('keeps the point under the pointer', () => {
    expect(zoom({ fromNs: 200, toNs: 600 }, 0.5, 0.25, 1000)).toEqual({ fromNs: 250, toNs: 450 });
  });

  it('has round marks', () => {
    expect(ticks({ fromNs: 0, toNs: 1000 })).toEqual([0, 200, 400, 600, 800, 1000]);
    expect(ticks({ fromNs: 0, toNs: 300e9 })).toEqual([0, 60e9, 120e9, 180e9, 240e9, 300e9]);
    expect(ticks({ fromNs: 130, toNs: 171 })).toEqual([130, 140, 150, 160, 170]);
  });
});
