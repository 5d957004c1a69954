import { expect, it } from '@jest/globals';
import { hrefOf, parseHash, withQuery } from '../../router/route.js';
import {
  hasOtherSide,
  otherFiles,
  otherSideOf,
  sameOnOtherSide,
  swappedSides,
  withoutOtherSide,
} from './other-side.js';

const query = (text: string): URLSearchParams => new URLSearchParams(text);
const text = (values: URLSearchParams): string => decodeURIComponent(values.toString());

it('reads the other side, with what is common to both', () => {
  const both = query('file=a&file=b&from=1&to=5&name=read&b.file=c&b.pid=7');
  expect(hasOtherSide(both)).toBe(true);
  const other = otherSideOf(both);
  expect([other.getAll('file'), other.get('from'), other.get('pid'), other.get('name')]).toEqual([
    ['c'],
    null,
    '7',
    'read',
  ]);
  expect(hasOtherSide(query('file=a&name=read'))).toBe(false);
});

it('takes the shown side as the other one', () => {
  expect(text(withQuery(query('file=a&from=1&to=2'), sameOnOtherSide(query('file=a&from=1&to=2'))))).toBe(
    'file=a&from=1&to=2&b.file=a&b.from=1&b.to=2',
  );
  expect(text(withQuery(query('name=x'), sameOnOtherSide(query('name=x'))))).toBe('name=x&b.dir=**');
});

it('exchanges the sides, and back', () => {
  const before = query('dir=job7/&b.file=c&b.pid=7&name=read');
  const swapped = withQuery(before, swappedSides(before));
  expect([swapped.get('file'), swapped.get('pid'), swapped.get('dir'), swapped.get('b.dir')]).toEqual([
    'c',
    '7',
    null,
    'job7/',
  ]);
  const back = withQuery(swapped, swappedSides(swapped));
  expect([...back].sort()).toEqual([...before].sort());
});

it('is left without a trace', () => {
  const { query: left } = parseHash(hrefOf(['files'], withQuery(query('file=a&b.file=c&b.to=4'), withoutOtherSide)));
  expect(text(left)).toBe('file=a');
});

it('tells a directory from a file', () => {
  expect(otherFiles('job7/')).toEqual({ 'b.file': undefined, 'b.dir': 'job7/' });
  expect(otherFiles('a.pfw')).toEqual({ 'b.file': 'a.pfw', 'b.dir': undefined });
});
