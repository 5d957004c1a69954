import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DecodeError } from '../decode-error.js';
import { mutated, randomFrom } from '../testing/fuzz.js';
import { JsonKeys } from './json-keys.js';
import { JsonReader } from './json-reader.js';

const DEPTH = 64;
const reader = (text: string | Uint8Array): JsonReader =>
  new JsonReader(typeof text === 'string' ? Buffer.from(text) : text, 'otlp-json', DEPTH);

/** Builds what `JSON.parse` builds, with the pull parser; numbers become '#' and their literal. */
function build(json: JsonReader): unknown {
  if (json.isString()) return json.text();
  if (json.isBoolean()) return json.boolean();
  if (json.isNull()) {
    json.null();
    return null;
  }
  if (!json.isContainer()) return `#${json.number()}`;
  return json.peek() === 0x5b ? buildArray(json) : buildObject(json);
}

function buildArray(json: JsonReader): unknown[] {
  const values: unknown[] = [];
  if (json.beginArray()) {
    do values.push(build(json));
    while (json.moreElements());
  }
  return values;
}

function buildObject(json: JsonReader): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  if (json.beginObject()) {
    do {
      const key = json.keyText();
      Object.defineProperty(members, key, { value: build(json), enumerable: true, configurable: true, writable: true });
    } while (json.moreMembers());
  }
  return members;
}

const whole = (text: string): unknown => {
  const json = reader(text);
  const value = build(json);
  json.finish();
  return value;
};

const literal = fc.oneof(
  fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => JSON.stringify(n)),
  fc.constantFrom('0', '-0', '1e5', '1E+5', '0.10', '-1.5e-300', '9007199254740993', '18446744073709551615'),
);
const space = fc.constantFrom('', '', ' ', '\n', '\t\r\n ');
const strings = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.constantFrom('\0', '"\\/\b', '\u2028', '😀'));

/** A tree twice: as text with numbers, and as the same text with each number as the string '#' + literal. */
const texts: fc.Arbitrary<[numbers: string, marked: string]> = fc.letrec<{ node: [string, string] }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small' },
    literal.map((n): [string, string] => [n, `"#${n}"`]),
    strings.map((text): [string, string] => [JSON.stringify(text), JSON.stringify(text)]),
    fc.constantFrom('true', 'false', 'null').map((word): [string, string] => [word, word]),
    fc.tuple(fc.array(tie('node'), { maxLength: 4 }), space).map(([nodes, gap]): [string, string] => {
      const list = (side: 0 | 1): string => `[${gap}${nodes.map((node) => node[side]).join(`${gap},`)}${gap}]`;
      return [list(0), list(1)];
    }),
    fc
      .tuple(fc.array(fc.tuple(strings, tie('node')), { maxLength: 4 }), space)
      .map(([members, gap]): [string, string] => {
        const object = (side: 0 | 1): string =>
          `{${gap}${members.map(([key, node]) => `${JSON.stringify(key)}${gap}:${gap}${node[side]}`).join(`,${gap}`)}}`;
        return [object(0), object(1)];
      }),
  ),
})).node;

describe('JsonReader', () => {
  it('reads what JSON.parse reads, and numbers digit for digit', () => {
    fc.assert(
      fc.property(texts, space, ([numbers, marked], gap) => {
        expect(whole(gap + numbers + gap)).toStrictEqual(JSON.parse(marked));
      }),
      { numRuns: 500 },
    );
  });

  it('skips exactly what it would read', () => {
    fc.assert(
      fc.property(texts, ([numbers]) => {
        const json = reader(numbers);
        json.skip();
        expect(json.pos).toBe(Buffer.byteLength(numbers));
      }),
      { numRuns: 300 },
    );
  });

  it('accepts damaged text exactly when JSON.parse does', () => {
    const random = randomFrom(7);
    let refused = 0;
    for (const [text] of fc.sample(texts, { numRuns: 400, seed: 5 })) {
      for (let i = 0; i < 5; i++) {
        const bytes = mutated(Buffer.from(text), random);
        const expected = parses(bytes.toString());
        expect([bytes.toString(), reads(bytes)]).toEqual([bytes.toString(), expected]);
        if (!expected) refused++;
      }
    }
    expect(refused).toBeGreaterThan(500);
  });

  it('takes malformed UTF-8 as U+FFFD, like the rest of Node', () => {
    const bytes = Buffer.from([0x22, 0x61, 0xff, 0xc3, 0x28, 0xe2, 0x82, 0x22]);
    expect(reader(bytes).text()).toBe(bytes.toString().slice(1, -1));
  });

  it.each([
    ['[1,2', "Expected ',' or ']', but the input ended", 4],
    ['[1 2]', "Expected ',' or ']'", 3],
    ['{"a" 1}', "Expected ':'", 5],
    ['{a:1}', 'Expected a key', 1],
    ['[1,]', 'Expected a value', 3],
    ['{"a":1,}', 'Expected a key', 7],
    ['["a\nb"]', 'Expected a string without control characters', 3],
    ['["ab', 'Expected a string without control characters, but the input ended', 4],
    ['["a\\x"]', 'Expected an escape sequence', 3],
    ['["a\\u12g4"]', 'Expected an escape sequence', 3],
    ['[01]', 'Expected a value', 1],
    ['[+1]', 'Expected a value', 1],
    ['[.5]', 'Expected a value', 1],
    ['[1.]', 'Expected a value', 1],
    ['[nul]', 'Expected null', 1],
    ['[truE]', 'Expected true', 1],
    ['[NaN]', 'Expected a value', 1],
    ["['a']", 'Expected a value', 1],
    ['[] []', 'Expected the end', 3],
    ['\ufeff[]', 'Expected a value', 0],
    ['', 'Expected a value, but the input ended', 0],
    [`[${'9'.repeat(1025)}]`, 'Expected a value of at most 1024 characters', 1],
  ])('%j: %s at byte %i', (text, reason, position) => {
    const json = reader(text);
    const failure = failureOf(() => {
      json.skip();
      json.finish();
    });
    expect([failure?.reason, failure?.position]).toEqual([reason, position]);
  });

  it('reads short integers, and leaves alone what is none', () => {
    const short = (text: string): [number, number] => {
      const json = reader(text);
      return [json.shortInteger(), json.pos];
    };
    expect(short('9007199254740991,')).toEqual([9007199254740991, 16]);
    expect(short(' 0]')).toEqual([0, 2]);
    for (const text of ['9007199254740992,', '-1,', '1.5,', '1e3,', '"1"', '01,', '12', 'x'])
      expect(short(text)).toEqual([-1, 0]);
  });
});

describe('JsonKeys', () => {
  const names = ['traceId', 'id', 'parentId', 'kind', 'name', 'tags', 'timestamp', 'duration'];
  const keys = new JsonKeys(...names);

  it.each(['traceId', 'tags', 'id', 'duration', 'traceId', 'Tags', 'tag', 'tagss', '', 'x"y', 'näme'])(
    'finds %j or not',
    (name) => {
      const json = reader(`{${JSON.stringify(name)}:1}`);
      json.beginObject();
      expect(json.key(keys)).toBe(names.indexOf(name));
      expect(json.number()).toBe('1');
    },
  );

  it('finds escaped keys', () => {
    const json = reader('{"\\u006bin\\u0064":1}');
    json.beginObject();
    expect(keys.nameOf(json.key(keys))).toBe('kind');
  });

  it('is not misled by what it expects', () => {
    const order = fc.array(fc.constantFrom(...names, 'other'), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(order, (members) => {
        const json = reader(`{${members.map((name) => `"${name}" : 1`).join(',')}}`);
        json.beginObject();
        const found: number[] = [];
        do {
          found.push(json.key(keys));
          json.skip();
        } while (json.moreMembers());
        expect(found).toEqual(members.map((name) => names.indexOf(name)));
      }),
    );
  });
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function reads(bytes: Uint8Array): boolean {
  const json = reader(bytes);
  return (
    failureOf(() => {
      json.skip();
      json.finish();
    }) === undefined
  );
}

function failureOf(act: () => void): DecodeError | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof DecodeError) return error;
    throw error;
  }
}
