import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bucketStart, DurationSketch, sketchBucket } from './duration-sketch.js';

describe('DurationSketch', () => {
  it('is right within one 64th at every quantile, whatever the order', () => {
    const durations = fc.array(fc.oneof(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), fc.nat(), fc.constant(0)), {
      minLength: 1,
    });
    fc.assert(
      fc.property(durations, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
        const sketch = new DurationSketch();
        for (const value of values) sketch.add(value);
        const sorted = [...values].sort((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(q * values.length)) - 1] ?? NaN;
        expect(Math.abs((sketch.quantile(q) ?? NaN) - exact)).toBeLessThanOrEqual(exact / 64);
      }),
    );
  });

  it('has buckets that begin where they say, in order', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-300, noNaN: true, noDefaultInfinity: true }), (value) => {
        const bucket = sketchBucket(value);
        expect(bucketStart(bucket)).toBeLessThanOrEqual(value);
        if (bucket > 0) expect(bucketStart(bucket + 1)).toBeGreaterThan(value);
      }),
    );
    expect([sketchBucket(0), sketchBucket(-0), sketchBucket(-3), sketchBucket(1)]).toEqual([0, 0, -1, 65472]);
  });

  it('merges, and comes back from its snapshot', () => {
    const [all, left, right] = [new DurationSketch(), new DurationSketch(), new DurationSketch()];
    for (let i = 0; i < 1000; i++) {
      all.add(i);
      (i % 3 === 0 ? left : right).add(i);
    }
    left.merge(right);
    expect(left.snapshot()).toEqual(all.snapshot());
    const restored = DurationSketch.restore(
      JSON.parse(JSON.stringify(all.snapshot())) as ReturnType<DurationSketch['snapshot']>,
    );
    expect([restored.count, restored.quantile(0.5), restored.snapshot()]).toEqual([
      1000,
      all.quantile(0.5),
      all.snapshot(),
    ]);
  });

  it('knows nothing of nothing', () => {
    expect(new DurationSketch().quantile(0.5)).toBeUndefined();
  });
});
