import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { posix } from 'node:path';
import { cleanPath } from './clean-path.js';
import { sniffedContentType } from './content-type.js';

describe('cleanPath', () => {
  it.each([
    ['/status', '/status'],
    ['//status', '/status'],
    ['/events//query', '/events/query'],
    ['/events/../status', '/status'],
    ['/./status/.', '/status'],
    ['/events/query//', '/events/query/'],
    ['/..', '/'],
    ['//', '/'],
  ])('%s', (path, clean) => {
    expect(cleanPath(path)).toBe(clean);
  });

  it('agrees with the rules of POSIX paths', () => {
    const path = fc
      .array(fc.constantFrom('/', '.', '..', 'a', 'b'), { maxLength: 10 })
      .map((parts) => `/${parts.join('')}`);
    fc.assert(
      fc.property(path, (any) => {
        // normalize keeps a trailing slash, as the Go server does.
        expect(cleanPath(any)).toBe(
          posix
            .normalize(any)
            .replace(/\/\.$/, '/')
            .replace(/^\/\/+/, '/'),
        );
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('sniffedContentType', () => {
  it.each([
    ['[code=1] text é\t\n\r\f\x1b\x7f', 'text/plain; charset=utf-8'],
    ['[code=1] \0', 'application/octet-stream'],
    ['[code=1] \x07', 'application/octet-stream'],
    ['[code=1] \v', 'application/octet-stream'],
    ['[code=1] \x1f', 'application/octet-stream'],
    [`[${'x'.repeat(511)}\0`, 'text/plain; charset=utf-8'],
    ['', 'text/plain; charset=utf-8'],
  ])('%j', (text, type) => {
    expect(sniffedContentType(Buffer.from(text))).toBe(type);
  });
});
