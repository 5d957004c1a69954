import { describe, expect, it } from '@jest/globals';
import { directoryKey, isInside } from './directory-key.js';

const PATHS = ['a.pfw', 'job/b.pfw', 'job/n1/c.pfw', 'job/n1/x/d.pfw', 'job2/e.pfw'];

describe('the key of a directory', () => {
  it.each([
    ['./', ['a.pfw']],
    ['**', PATHS],
    ['./**', PATHS],
    ['job/', ['job/b.pfw']],
    ['job/**', ['job/b.pfw', 'job/n1/c.pfw', 'job/n1/x/d.pfw']],
    ['job/n1/', ['job/n1/c.pfw']],
    ['jo/', []],
    ['jo/**', []],
  ])('%s takes its files', (key, expected) => {
    const named = directoryKey(key);
    expect(named && PATHS.filter((path) => isInside(path, named))).toEqual(expected);
  });

  it.each(['job/b.pfw', 'job', '', 'a**', '*'])('is none: %j', (key) => {
    expect(directoryKey(key)).toBeUndefined();
  });
});
