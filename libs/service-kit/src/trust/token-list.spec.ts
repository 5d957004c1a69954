import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { tokenFor } from './new-token.js';
import { permits, ROLES } from './roles.js';
import { DigestIndex, digestOf, hashText, isTokenText, newToken } from './token.js';
import { parseTokenList } from './token-list.js';

const HASH = hashText(digestOf('a token for the tests, long enough'));
const OTHER = hashText(digestOf('another token for the tests, long enough'));

function problemOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing was thrown';
}

describe('tokens', () => {
  it('are random, long, and fit into a header', () => {
    const made = Array.from({ length: 100 }, newToken);
    expect(new Set(made).size).toBe(100);
    expect(made.every((token) => /^tr_[\w-]{43}$/.test(token) && isTokenText(token))).toBe(true);
  });

  it('are stored as the SHA-256 that every tool prints', () => {
    // printf %s abc | sha256sum
    expect(hashText(digestOf('abc'))).toBe('sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it.each(['hunter2', 'x'.repeat(31), 'x'.repeat(513), `${'x'.repeat(40)} y`, `${'x'.repeat(40)}ü`])(
    'are never %j, which somebody could guess or mistype',
    (text) => {
      expect(isTokenText(text)).toBe(false);
    },
  );

  it('are found among others, and only the right one', () => {
    const entries = Array.from({ length: 50 }, (_, at) => ({ at, digest: digestOf(`token ${at}`) }));
    const index = new DigestIndex(entries);
    for (const { at, digest } of entries) expect(index.find(Buffer.from(digest))?.at).toBe(at);
    expect([index.size, index.first?.at, index.find(digestOf('token 50'))]).toEqual([50, 0, undefined]);
  });
});

describe('parseTokenList', () => {
  it('reads names, roles, hashes, expiry and comments; lines or semicolons', () => {
    const text = `# who has which\n\nalice   admin   ${HASH}\r\n ci ingest,read ${OTHER} expires=2027-01-31 # until then\n`;
    const expected = [
      { name: 'alice', roles: ['admin'], digest: digestOf('a token for the tests, long enough') },
      {
        name: 'ci',
        roles: ['ingest', 'read'],
        digest: digestOf('another token for the tests, long enough'),
        expiresAtMs: Date.UTC(2027, 0, 31),
      },
    ];
    expect(parseTokenList(text, 'f')).toEqual(expected);
    const inline = `alice admin ${HASH}; ci ingest+read ${OTHER} expires=2027-01-31T00:00:00Z`;
    expect(parseTokenList(inline, 'v')).toEqual(expected);
    expect(parseTokenList(' # nothing\n;;', 'v')).toEqual([]);
  });

  it.each([
    [`ali/ce admin ${HASH}`, 'entry 1: the name must be'],
    [`\nalice boss ${HASH}`, 'entry 2: "boss" is no role; there are read, ingest, trace, admin'],
    ['alice admin', 'entry 1: expected "NAME ROLES sha256:<64 hex digits>"'],
    [`alice admin ${HASH.slice(0, -1)}`, 'entry 1: expected'],
    [`alice admin ${HASH} forever`, 'entry 1: only expires='],
    [`alice admin ${HASH} expires=2027-13-45`, 'entry 1: only expires='],
    [`alice admin ${HASH} expires=2027-01-01 more`, 'entry 1: only expires='],
    [`a read ${HASH}\nb read ${HASH}`, 'entry 2: this hash is there already'],
  ])('refuses %j, naming the source', (text, message) => {
    expect(() => parseTokenList(text, '/etc/tokens')).toThrow(`/etc/tokens: ${message}`);
  });

  it('never repeats what may be a token in the wrong place', () => {
    const token = newToken();
    for (const text of [`alice admin ${token}`, `alice ${token} ${HASH}`, token, `${token} admin ${HASH} x`]) {
      const problem = problemOf(() => parseTokenList(text, 'f'));
      expect(problem).toMatch(/^wrong list of tokens in f: entry 1/);
      expect(problem).not.toContain(token.slice(9));
    }
  });

  it('bounds the list', () => {
    const lines = Array.from({ length: 1001 }, (_, at) => `n${at} read ${hashText(digestOf(String(at)))}`);
    expect(parseTokenList(lines.slice(1).join('\n'), 'f')).toHaveLength(1000);
    expect(() => parseTokenList(lines.join('\n'), 'f')).toThrow('more than 1000 tokens');
  });

  it('takes any text without doing anything but reading or refusing it', () => {
    const word = fc.oneof(fc.constantFrom('alice', 'read', 'admin,read', HASH, OTHER, 'expires=2027-01-01', '#', ';'));
    const text = fc.array(fc.oneof(word, fc.string()), { maxLength: 12 }).map((words) => words.join(' '));
    fc.assert(
      fc.property(text, (given) => {
        try {
          const entries = parseTokenList(given, 'f');
          for (const { name, roles, digest } of entries) {
            expect(name).toMatch(/^[\w.@-]+$/);
            expect(roles.length).toBeGreaterThan(0);
            expect(digest).toHaveLength(32);
          }
        } catch (error) {
          expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
        }
      }),
      { interruptAfterTimeLimit: 3_000 },
    );
  });
});

describe('tokenFor', () => {
  it('makes a token and the line that accepts it', () => {
    const { token, line } = tokenFor('alice:trace,ingest');
    expect(parseTokenList(line, 'f')).toEqual([{ name: 'alice', roles: ['trace', 'ingest'], digest: digestOf(token) }]);
  });

  it.each([
    ['', 'needs NAME:ROLE'],
    ['alice', 'needs NAME:ROLE'],
    [':read', 'needs NAME:ROLE'],
    ['alice:', 'expected'],
    ['alice:boss', '"boss" is no role'],
    ['al ice:read', 'expected'],
  ])('refuses %j', (spec, message) => {
    expect(() => tokenFor(spec)).toThrow(message);
  });
});

describe('permits', () => {
  it('holds who may what', () => {
    const table = ROLES.map((role) => [role, ROLES.filter((needed) => permits([role], needed))]);
    expect(Object.fromEntries(table)).toEqual({
      read: ['read'],
      ingest: ['ingest'],
      trace: ['read', 'trace'],
      admin: ['read', 'ingest', 'trace', 'admin'],
    });
    expect(ROLES.filter((needed) => permits([], needed))).toEqual([]);
    expect(permits(['ingest', 'read'], 'read')).toBe(true);
  });
});
