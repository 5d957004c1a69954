import { expect, it } from '@jest/globals';
import { cutText, textOf } from './cut-text.js';

it('cuts a text at its length, never inside a character', () => {
  expect(cutText('abc', 3)).toEqual({ shown: 'abc', cut: false });
  expect(cutText('abcd', 3)).toEqual({ shown: 'abc', cut: true });
  expect(cutText('ab\u{1F600}d', 3)).toEqual({ shown: 'ab', cut: true });
  expect(cutText('x'.repeat(1_000_000))).toMatchObject({ cut: true });
});

it('shows values of any kind', () => {
  expect(['a', 5, true, null, ['x', 1], { k: 'v' }].map(textOf)).toEqual([
    'a',
    '5',
    'true',
    'null',
    '["x",1]',
    '{"k":"v"}',
  ]);
});
