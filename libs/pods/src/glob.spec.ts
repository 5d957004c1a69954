import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compileGlob, isMalformedGlob } from './glob.js';

const matches = (pattern: string, name: string): boolean => compileGlob(pattern)(name);

describe('a name pattern', () => {
  it.each([
    // Without star and question mark: the name itself.
    ['web', 'web', true],
    ['web', 'web-1', false],
    ['Web', 'web', false],
    ['', '', true],
    ['', 'web', false],
    ['web[12]', 'web1', false],
    ['web[12]', 'web[12]', true],
    ['web\\', 'web\\', true],
    // A lone star.
    ['*', 'web', true],
    ['*', '', true],
    ['*', 'shop/web', true],
    // Stars and question marks stop at a slash.
    ['web*', 'web', true],
    ['web*', 'web-1', true],
    ['web*', 'web/1', false],
    ['*1', 'web-1', true],
    ['w*-*', 'web-1-a', true],
    ['w**b', 'web', true],
    ['WEB*', 'web', false],
    ['web-?', 'web-1', true],
    ['web-?', 'web-12', false],
    ['web-?', 'web-', false],
    ['web?1', 'web/1', false],
    ['shop/*', 'shop/web', true],
    ['*/web', 'shop/web', true],
    ['*/*', 'web', false],
    // Classes.
    ['web-[12]*', 'web-1', true],
    ['web-[12]*', 'web-3', false],
    ['web-[0-5]?', 'web-3x', true],
    ['web-[^2]*', 'web-1', true],
    ['web-[^2]*', 'web-2', false],
    ['[z-a]*', 'm', false],
    ['[*?]*', '*', true],
    ['[*?]*', 'a', false],
    ['[\\]x]*', ']', true],
    ['[\\-x]*', '-', true],
    ['[x^]*', '^', true],
    ['?[^a]?', 'x/y', true],
    // Escapes.
    ['\\*x*', '*xy', true],
    ['\\*x*', 'axy', false],
    ['\\a?', 'ab', true],
    // Malformed: nothing, however far the name fits.
    ['web-[*', 'web-[', false],
    ['*[', 'a', false],
    ['*[]', 'a', false],
    ['*[]a]', 'a', false],
    ['*[^]', 'a', false],
    ['*[a-]', 'a', false],
    ['*[-a]', 'a', false],
    ['*[a', 'a', false],
    ['*[a\\', 'a', false],
    ['a*\\', 'a', false],
    ['x*[', 'y', false],
    // Characters, not bytes.
    ['?', 'é', true],
    ['??', '😀', false],
    ['[à-ü]*', 'é', true],
  ])('%j against %j: %j', (pattern, name, expected) => {
    expect(matches(pattern, name)).toBe(expected);
  });

  it('settles for the first place where a piece fits, even if only a later one would do', () => {
    // "x" + "/" + "" + "b" would fit; but [^a] takes the x, and the second star cannot pass the slash.
    expect([matches('*[^a]*b', 'x/b'), matches('*[^a]b', 'x/b')]).toEqual([false, true]);
  });

  it('says the same as a search of all possibilities', () => {
    const element = fc.constantFrom('a', 'b', '/', '\\*', '\\b', '[ab]', '[a-b]', '[\\]b]', '?', '*', '*');
    const pattern = fc.array(element, { maxLength: 8 }).map((elements) => `*${elements.join('')}`);
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', ']'), maxLength: 10 });
    fc.assert(
      fc.property(pattern, name, (p, n) => {
        expect(matches(p, n)).toBe(p === '*' || new RegExp(`^${asRegExp(p)}$`, 's').test(n));
      }),
      { numRuns: 3000 },
    );
  });

  it('never throws and never matches by accident of syntax', () => {
    const soup = fc.string({ unit: fc.constantFrom('a', '*', '?', '[', ']', '^', '-', '\\', '/'), maxLength: 12 });
    fc.assert(
      fc.property(soup, soup, (p, n) => {
        expect(typeof matches(p, n)).toBe('boolean');
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['web[', false],
    ['web-[12]*', false],
    ['*\\]', false],
    ['web-[*', true],
    ['?[a-]', true],
    ['a*\\', true],
  ])('%j is malformed: %j', (pattern, expected) => {
    expect(isMalformedGlob(pattern)).toBe(expected);
  });

  it('takes time in proportion to pattern and name', () => {
    const stars = compileGlob(`${'*a'.repeat(2000)}b`);
    const startMs = performance.now();
    expect(stars('a'.repeat(20_000))).toBe(false);
    expect(performance.now() - startMs).toBeLessThan(30_000);
  });
});

/** The same pattern for the engine of the language, which tries every possibility. */
function asRegExp(pattern: string): string {
  return pattern.replace(/\\(.)|\[[^\]]*\\\]b\]|\[[^\]]*\]|[*?/]/g, (part, escaped: string | undefined) => {
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    return escaped === '*' ? '\\*' : (escaped ?? part);
  });
}
