import { describe, expect, it } from '@jest/globals';
import { newSessionId } from './session-id.js';

describe('newSessionId', () => {
  it('tries again while an id is taken or zero', () => {
    const numbers = [0n, 5n, 5n, 2n ** 64n - 1n];
    const id = newSessionId(
      (candidate) => candidate === '5',
      () => numbers.shift() ?? 0n,
    );
    expect(id).toBe('18446744073709551615');
  });

  it('is random', () => {
    const ids = Array.from({ length: 100 }, () => newSessionId(() => false));
    expect(new Set(ids).size).toBe(100);
  });
});
