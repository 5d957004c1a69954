import { describe, expect, it } from '@jest/globals';
import { directoryNameOf } from './state-directory.js';

describe('directoryNameOf', () => {
  it('is one path component that tells nodes apart', () => {
    const names = ['nodeA', '', '.', '..', 'a/b', 'a%2Fb', '../../etc'].map(directoryNameOf);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^(?!\.{1,2}$)[^/]+$/);
    expect(directoryNameOf('x'.repeat(1000))).toHaveLength(200);
  });
});
