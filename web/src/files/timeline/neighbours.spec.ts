import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { neighbourOf, type AskWindow } from './neighbours.js';

const slice = (startUs: number) => ({ lane: '1:1', name: 'read', startUs, durUs: 3 });

/** A server with a limit that gives events in an order of its own. */
const serverOf =
  (starts: readonly number[], limit: number): AskWindow =>
  (fromUs, toUs) => {
    const inside = starts.filter((start) => start >= fromUs && start <= toUs).sort((a, b) => (a % 7) - (b % 7));
    return Promise.resolve({ slices: inside.slice(0, limit).map(slice), truncated: inside.length > limit });
  };

describe('neighbourOf', () => {
  it('finds the nearest of all, whatever the order and the limit of the server', async () => {
    const starts = fc.uniqueArray(fc.nat(100_000), { minLength: 1, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(starts, fc.nat(), fc.constantFrom(1 as const, -1 as const), async (all, pick, direction) => {
        const from = all[pick % all.length] ?? 0;
        const rest = all.filter((start) => (start - from) * direction > 0);
        const nearest = direction > 0 ? Math.min(...rest) : Math.max(...rest);
        const found = await neighbourOf(slice(from), direction, { lengthUs: 100_000 }, serverOf(all, 5));
        expect(found?.startUs).toBe(rest.length === 0 ? undefined : nearest);
      }),
    );
  });
});
