import { describe, expect, it } from '@jest/globals';
import { hrefOf, parseHash, withQuery } from './route.js';

describe('routes', () => {
  it.each([
    ['', [], ''],
    ['#/', [], ''],
    ['#/files/timeline?file=a%2Fb&file=c', ['files', 'timeline'], 'file=a%2Fb&file=c'],
    ['#files', ['files'], ''],
    ['#/a%2Fb/c', ['a/b', 'c'], ''],
    ['#/%zz', ['%zz'], ''],
    ['#/x?q=a?b', ['x'], 'q=a%3Fb'],
  ])('reads %j', (hash, path, query) => {
    const route = parseHash(hash);
    expect(route.path).toEqual(path);
    expect(route.query.toString()).toBe(query);
  });

  it('comes back from what it wrote', () => {
    const href = hrefOf(['files', 'a/b #?'], { file: ['x&y', '<b>'], from: 12n, none: undefined, empty: '' });
    const { path, query } = parseHash(href);
    expect(path).toEqual(['files', 'a/b #?']);
    expect([...query]).toEqual([
      ['file', 'x&y'],
      ['file', '<b>'],
      ['from', '12'],
    ]);
  });

  it('changes a part of a query and leaves the rest', () => {
    const next = withQuery(new URLSearchParams('a=1&b=2&b=3'), { b: ['x'], a: undefined, c: true });
    expect(next.toString()).toBe('b=x&c=true');
  });
});
