import { isUtf8 } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { GoJson } from './go-json.js';

const text = (bytes: Buffer): string => new GoJson().text(bytes).take().toString();

/** The obvious way: character by character, each cut out and checked by itself. */
function slowText(bytes: Buffer): string {
  let json = '"';
  for (let at = 0; at < bytes.length;) {
    const length = [1, 2, 3, 4].find(
      (candidate) =>
        at + candidate <= bytes.length &&
        isUtf8(bytes.subarray(at, at + candidate)) &&
        [...bytes.subarray(at, at + candidate).toString()].length === 1,
    );
    json += length === undefined ? '\\ufffd' : slowCharacter(bytes.subarray(at, at + length).toString());
    at += length ?? 1;
  }
  return `${json}"`;
}

function slowCharacter(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`;
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  if (character === '\t') return '\\t';
  const code = character.codePointAt(0) ?? 0;
  const isEscaped = code < 0x20 || '<>&\u2028\u2029'.includes(character);
  return isEscaped ? `\\u${code.toString(16).padStart(4, '0')}` : character;
}

const anyBytes = fc.oneof(
  fc.uint8Array({ maxLength: 12 }).map((array) => Buffer.from(array)),
  fc.string({ unit: 'binary', maxLength: 12 }).map((string) => Buffer.from(string)),
  // Bytes that begin, continue and break characters.
  fc
    .array(
      fc.constantFrom(
        0x00,
        0x22,
        0x3c,
        0x7f,
        0x80,
        0x8f,
        0x90,
        0x9f,
        0xa0,
        0xa8,
        0xa9,
        0xbf,
        0xc1,
        0xc2,
        0xe0,
        0xe2,
        0xed,
        0xef,
        0xf0,
        0xf4,
        0xf5,
        0xff,
      ),
      { maxLength: 8 },
    )
    .map((array) => Buffer.from(array)),
);

describe('strings as Go writes them', () => {
  it('equal those of the obvious implementation, whatever the bytes', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect(text(bytes)).toBe(slowText(bytes));
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    ['08', '"\\u0008"'],
    ['0c', '"\\u000c"'],
    ['1f', '"\\u001f"'],
    ['7f', '"\x7f"'],
    ['3c3e26', '"\\u003c\\u003e\\u0026"'],
    ['2f27', '"/\'"'],
    ['e280a8e280a9e280aa', '"\\u2028\\u2029\u202a"'],
    ['efbfbd', '"\ufffd"'],
    ['f09f9880', '"😀"'],
    ['eda080', '"\\ufffd\\ufffd\\ufffd"'],
    ['f4908080', '"\\ufffd\\ufffd\\ufffd\\ufffd"'],
    ['c3a9c3', '"é\\ufffd"'],
    ['61fffe62', '"a\\ufffd\\ufffdb"'],
  ])('%s is %s', (hex, json) => {
    expect(text(Buffer.from(hex, 'hex'))).toBe(json);
  });
});

type Value = number | boolean | string | Value[] | { [key: string]: Value };

function write(json: GoJson, value: Value): void {
  if (typeof value === 'string') json.text(Buffer.from(value));
  else if (typeof value === 'boolean') json.boolean(value);
  else if (typeof value === 'number') json.number(value);
  else if (Array.isArray(value)) {
    json.begin('array');
    for (const element of value) write(json.item(), element);
    json.end();
  } else {
    json.begin('object');
    for (const [key, member] of Object.entries(value)) write(json.key(key), member);
    json.end();
  }
}

describe('structure as Go writes it', () => {
  it('is that of JSON.stringify with an indent of one, for all that both can write', () => {
    const { value } = fc.letrec<{ value: Value }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.integer(),
        fc.boolean(),
        fc.stringMatching(/^[a-z ]{0,5}$/),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), tie('value'), { maxKeys: 3, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(value, (any) => {
        const json = new GoJson();
        write(json, any);
        expect(json.take().toString()).toBe(JSON.stringify(any, undefined, 1));
      }),
      { numRuns: 1_000 },
    );
  });

  it('keeps 64-bit integers exact', () => {
    expect(
      new GoJson()
        .number(-(2n ** 63n))
        .take()
        .toString(),
    ).toBe('-9223372036854775808');
  });

  it('gives its text in pieces of any size', () => {
    const json = new GoJson().begin('array');
    let whole = '';
    for (let count = 0; count < 3_000; count++) {
      json.item().number(count);
      if (json.sizeBytes > 100) whole += json.take().toString();
    }
    whole += json.end().take().toString();
    expect(whole).toBe(
      JSON.stringify(
        Array.from({ length: 3_000 }, (_, number) => number),
        undefined,
        1,
      ),
    );
  });
});
