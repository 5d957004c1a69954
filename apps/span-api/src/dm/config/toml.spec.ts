import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseToml, type TomlValue } from './toml.js';

const read = (text: string): Record<string, TomlValue> => Object.fromEntries(parseToml(text));

describe('parseToml', () => {
  it('reads what flat configuration files are made of', () => {
    const text = [
      '# a comment',
      'log-level = "WARN" # behind a value',
      '  tracer-addr=":8263"\r',
      "path = 'C:\\no # escape'",
      'text = "a\\tb \\"q\\" \\u00e9 \\U0001F600"',
      'enable = true',
      'n = -1_000',
      'hex = 0xFF',
      'big = 9223372036854775807',
      'x = 1.5e3',
      'at = 2026-11-20T10:00:00Z',
      'list = [ 1, "a, b", [true] , ]',
      '"quoted key".sub = 1',
      '',
      '[ tracer . "x" ]',
      'a.b = 2',
      '[[many]]',
      'c = 3',
    ].join('\n');
    expect(read(text)).toEqual({
      'log-level': 'WARN',
      'tracer-addr': ':8263',
      path: 'C:\\no # escape',
      text: 'a\tb "q" é 😀',
      enable: true,
      n: -1000n,
      hex: 255n,
      big: 2n ** 63n - 1n,
      x: 1500,
      at: '2026-11-20T10:00:00Z',
      list: [1n, 'a, b', [true]],
      'quoted key.sub': 1n,
      'tracer.x.a.b': 2n,
      'many.c': 3n,
    });
  });

  it.each([
    ['a =', 'line 1: expected a value'],
    ['\na', 'line 2: expected "="'],
    ['= 1', 'line 1: expected a key'],
    ['a = 1\na = 2', 'line 2: a is there twice'],
    ['a = 1 2', 'line 1: there is more than one thing on the line'],
    ['a = "x', 'line 1: the string does not end'],
    ['a = "\\q"', 'line 1: unknown escape "\\q"'],
    ['a = "\\ud800"', 'line 1: an escape is no character'],
    ['a = """x"""', 'line 1: strings of several lines are not read'],
    ['a = { b = 1 }', 'line 1: inline tables are not read'],
    ['a = [1,', 'line 1: arrays of several lines are not read'],
    ['a = [1 2]', 'line 1: expected "," or "]"'],
    ['a = 08', 'line 1: "08" is no value'],
    ['a = yes', 'line 1: "yes" is no value'],
    ['[a', 'line 1: expected "]"'],
    ['[[a]', 'line 1: expected "]]"'],
  ])('says where %j is wrong', (text, message) => {
    expect(() => parseToml(text)).toThrow(message);
  });

  it('reads back any string that JSON can write', () => {
    const string = fc.string({ unit: 'grapheme' }).filter((text) => !/[\x7f\u0080-\u009f]|\\\//.test(text));
    fc.assert(
      fc.property(string, (text) => {
        expect(read(`a = ${JSON.stringify(text)} # "`)).toEqual({ a: text });
      }),
    );
  });

  it('never fails otherwise', () => {
    const line = fc.oneof(fc.string(), fc.stringMatching(/^[a-z."' =[\]{}#\\0-9_+-]{0,20}$/));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 3 }), (lines) => {
        try {
          parseToml(lines.join('\n'));
        } catch (error) {
          expect(error).toMatchObject({
            code: 'CONFIG_INVALID',
            message: expect.stringMatching(/^line \d: /),
          });
        }
      }),
      { numRuns: 3_000 },
    );
  });
});
