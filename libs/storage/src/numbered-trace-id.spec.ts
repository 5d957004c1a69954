import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { normalizeTraceId } from '@tracer/span-model';
import { numberedTraceId, numberOfTraceId } from './numbered-trace-id.js';

describe('numbered trace ids', () => {
  it('say what they are', () => {
    expect(numberedTraceId('dm', 42)).toBe('646d2d7472616365000000000000002a');
    expect(numberedTraceId('run', 7)).toBe('706572662d72756e0000000000000007');
  });

  it('give their number back, to their own family only, and are proper trace ids', () => {
    const numbers = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(numbers, fc.constantFrom('dm', 'run'), (number, family) => {
        const id = numberedTraceId(family, number);
        expect(normalizeTraceId(id)).toBe(id);
        expect(numberOfTraceId(family, id)).toBe(number);
        expect(numberOfTraceId(family === 'dm' ? 'run' : 'dm', id)).toBeUndefined();
      }),
    );
  });

  it.each([
    '',
    '000000000000002a',
    '646d2d7472616365',
    '646d2d74726163650000000000000000',
    '646d2d7472616365ffffffffffffffff',
    '646d2d7472616365000000000000002A',
    '646d2d7472616365000000000000002ag',
    '746d2d7472616365000000000000002a',
  ])('is nothing of theirs: %j', (id) => {
    expect(numberOfTraceId('dm', id)).toBeUndefined();
  });
});
