import { describe, expect, it } from '@jest/globals';
import { TracerError } from '@tracer/base';
import fc from 'fast-check';
import { firstJsonValue } from './first-json-value.js';

const read = (text: string): unknown => firstJsonValue(Buffer.from(text));

/** What `JSON.parse` makes of the shortest beginning of the text that is a whole value: the obviously right reader. */
function slowFirst(text: string): { value: unknown } | undefined {
  for (let end = 1; end <= text.length; end++) {
    const beginning = text.slice(0, end);
    const isWord = /[^\]}" \t\r\n]$/.test(beginning);
    if (isWord && end < text.length && !/[ \t\r\n]/.test(text.charAt(end))) continue;
    try {
      return { value: JSON.parse(beginning) as unknown };
    } catch {
      // Not complete yet.
    }
  }
  return undefined;
}

describe('firstJsonValue', () => {
  it.each([
    ['{"pod":"a"} trailing', { pod: 'a' }],
    ['{"pod":"a"}{"pod":"b"}', { pod: 'a' }],
    ['\n\t {"a":"}\\"]"}]', { a: '}"]' }],
    ['null', null],
    ['null {}', null],
    ['[1,[2]]x', [1, [2]]],
    ['"a\\\\"b', 'a\\'],
    ['true\n', true],
  ])('reads %j', (text, value) => {
    expect(read(text)).toEqual(value);
  });

  it.each([
    ['', 'body: is empty, expected a JSON object'],
    [' \r\n', 'body: is empty, expected a JSON object'],
    ['{"pod":', 'body: ends after 7 characters, within a JSON value'],
    ['"pod', 'body: ends after 4 characters, within a JSON value'],
    ['hello', "body: Unexpected token 'h'"],
    ['nullx', 'body: Unexpected non-whitespace'],
    ['{"a":1,}', 'body: Expected double-quoted property name'],
    ['{]', 'body: Expected property name'],
    ['}', "body: Unexpected token '}'"],
  ])('refuses %j with a clear text', (text, message) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'BODY_MALFORMED' }));
    expect(() => read(text)).toThrow(message);
  });

  it('takes large and deeply nested bodies without delay', () => {
    const long = { text: '\\"'.repeat(1 << 18) };
    expect(read(JSON.stringify(long))).toEqual(long);
    const started = performance.now();
    expect(() => read('['.repeat(1 << 20))).toThrow(TracerError);
    expect(() => read(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)).not.toThrow();
    expect(performance.now() - started).toBeLessThan(30_000);
  });

  it('reads any value, whatever follows it', () => {
    const follows = fc.oneof(
      fc.constant(''),
      fc.string().map((text) => ` ${text}`),
    );
    fc.assert(
      fc.property(fc.jsonValue(), follows, fc.constantFrom('', ' ', '\n'), (value, after, before) => {
        const text = JSON.stringify(value);
        expect(read(before + text + after)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('agrees with the slow reader on any text, and only ever throws BODY_MALFORMED', () => {
    const nearlyJson = fc
      .array(fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', '1', 'a', ' ', 'null', '"k":', '{}'), {
        maxLength: 12,
      })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(nearlyJson, fc.string()), (text) => {
        const expected = slowFirst(text);
        if (expected === undefined)
          expect(() => read(text)).toThrow(expect.objectContaining({ code: 'BODY_MALFORMED' }));
        else expect(read(text)).toEqual(expected.value);
      }),
      { numRuns: 2000 },
    );
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          firstJsonValue(Buffer.from(bytes));
        } catch (error) {
          expect(error).toMatchObject({ code: 'BODY_MALFORMED' });
        }
      }),
    );
  });
});
