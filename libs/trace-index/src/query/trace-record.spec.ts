import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { numberOf } from './trace-event.js';
import { TraceRecord } from './trace-record.js';

const record = new TraceRecord();
const read = (line: string | Buffer): string => {
  const bytes = Buffer.from(line);
  return record.read(bytes, 0, bytes.length);
};
const fields = (line: string): unknown[] => {
  expect(read(line)).toBe('record');
  return [record.name, record.cat, record.ph, record.pid, record.tid, record.ts, record.dur, record.isMetadata];
};

/** What JSON.parse says of the same bytes, by the documented trimming. */
function reference(line: Buffer): Record<string, unknown> | undefined {
  const text = line
    .toString('utf8')
    .replace(/[ \t\r]+$/, '')
    .replace(/,$/, '')
    .replace(/[ \t\r]+$/, '')
    .replace(/^[ \t\r]+/, '');
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

const finite = (value: unknown): number | undefined => {
  if (typeof value === 'string') return numberOf(value);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
};
const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function agrees(line: Buffer): void {
  const kind = record.read(line, 0, line.length);
  const want = reference(line);
  expect({ line: line.toString(), record: kind === 'record' }).toEqual({
    line: line.toString(),
    record: want !== undefined,
  });
  if (want === undefined) return;
  expect([record.name, record.cat, record.pid, record.tid, record.ts, record.dur]).toEqual([
    text(want['name']),
    text(want['cat']),
    finite(want['pid']),
    finite(want['tid']),
    finite(want['ts']),
    finite(want['dur']),
  ]);
  expect(record.isMetadata).toBe(want['ph'] === 'M' || want['ph'] === 4);
}

describe('TraceRecord', () => {
  it('reads the fields of the four dialects', () => {
    expect(
      fields(
        '{"id":"0","name":"open","cat":"POSIX","pid":"5","tid":"6","ts":"1698080323775554","dur":"141","ph":"X","args":{}}',
      ),
    ).toEqual(['open', 'POSIX', 'X', 5, 6, 1698080323775554, 141, false]);
    expect(fields('{"name":"mem","cat":"sys","pid":1,"tid":2,"ts":3,"ph":"C","args":{}}')).toEqual([
      'mem',
      'sys',
      'C',
      1,
      2,
      3,
      undefined,
      false,
    ]);
    expect(fields('{"id":1,"name":"read","cat":"P","type":1,"pid":1,"tid":2,"ts":3,"dur":12.5,"ph":1}')).toEqual([
      'read',
      'P',
      1,
      1,
      2,
      3,
      12.5,
      false,
    ]);
    expect(fields('{"name":"HH","pid":1,"tid":2,"ph":4}').at(-1)).toBe(true);
    expect(fields('{"name":"HH","pid":1,"tid":2,"ph":"M"}').at(-1)).toBe(true);
    expect(fields('{"ph":4.0}').at(-1)).toBe(true);
    expect(fields('{"ph":"4"}').at(-1)).toBe(false);
    expect(fields('{"ph":"\\u004d"}').at(-1)).toBe(true);
  });

  it('trims blanks and one comma, and sees brackets and empty lines as nothing', () => {
    for (const line of ['', '  \r', '[', ' ]', '],', ' [ ,', ','])
      expect([line, read(line)]).toEqual([line, 'nothing']);
    for (const line of [' {"ts":1}', '\t{"ts":1} , \r', '{"ts":1},']) {
      expect([line, read(line), record.bytes.toString('utf8', record.start, record.end)]).toEqual([
        line,
        'record',
        '{"ts":1}',
      ]);
    }
    for (const line of ['{"ts":1},,', '[{"ts":1}]', 'x', '{', '}', '{}{}', '\ufeff{}', '[]', '7'])
      expect([line, read(line)]).toEqual([line, 'invalid']);
    expect(read('{}')).toBe('record');
  });

  it('takes the last of duplicate keys and decodes escaped keys and values', () => {
    expect(fields('{"name":"a","ts":1,"name":"b","t\\u0073":2}').slice(0, 6)).toEqual([
      'b',
      undefined,
      undefined,
      undefined,
      undefined,
      2,
    ]);
    expect(fields('{"name":"a\\"\\u00e9\\ud83d\\ude00","cat":"é😀"}').slice(0, 2)).toEqual(['a"é😀', 'é😀']);
    read('{"args":{"k":1,"k":"two"}}');
    expect(record.arg('k')).toEqual({ type: 'string', text: 'two' });
  });

  it('keeps 64-bit numbers exact and refuses nothing else of them', () => {
    read(
      '{"ts":9007199254740993,"dur":1e3,"pid":-0.5,"args":{"h":9509357668201227806,"o":{"x":[1]},"n":null,"t":true,"é":"z"}}',
    );
    expect([record.ts, record.dur, record.pid]).toEqual([9007199254740992, 1000, -0.5]);
    expect(record.arg('h')).toEqual({
      type: 'number',
      value: Number('9509357668201227806'),
      literal: '9509357668201227806',
    });
    expect([record.arg('o'), record.arg('n'), record.arg('t'), record.arg('é'), record.arg('x')]).toEqual([
      { type: 'container' },
      { type: 'null' },
      { type: 'boolean', value: true },
      { type: 'string', text: 'z' },
      undefined,
    ]);
    expect(fields('{"ts":1e999,"dur":"1e999","pid":"0x10","tid":" 1","name":7,"cat":null}').slice(0, 7)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect(fields('{"ts":"007","dur":"1.5e2","tid":"\\u0031"}').slice(4, 7)).toEqual([1, 7, 150]);
  });

  it('takes any nesting without recursion', () => {
    const deep = (n: number): string => `{"name":"d","args":{"a":${'['.repeat(n)}${']'.repeat(n)},"b":1}}`;
    expect(read(deep(10_000))).toBe('record');
    expect(record.arg('b')).toEqual({ type: 'number', value: 1, literal: '1' });
    expect(read(deep(1_000_000))).toBe('record');
    expect(read(`{"args":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`)).toBe('record');
    expect(read(`{"args":${'['.repeat(10_000)}}`)).toBe('invalid');
  });

  it('accepts invalid UTF-8 in strings and refuses NUL and control bytes', () => {
    const odd = Buffer.concat([Buffer.from('{"name":"a'), Buffer.from([0xff, 0xe2]), Buffer.from('","ts":1}')]);
    expect(read(odd)).toBe('record');
    expect([record.name, record.ts]).toEqual(['a\ufffd\ufffd', 1]);
    for (const code of [0, 1, 9, 0x1f]) expect(read(`{"name":"a${String.fromCharCode(code)}"}`)).toBe('invalid');
    expect(read('{"name":"a"\0}')).toBe('invalid');
  });

  it('agrees with JSON.parse on any object', () => {
    const key = fc.oneof(fc.constantFrom('name', 'cat', 'pid', 'tid', 'ts', 'dur', 'ph', 'args'), fc.string());
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom('M', 'X', 4, 4.5, '17', '-1.5e3', 1e300));
    fc.assert(
      fc.property(fc.dictionary(key, value), fc.constantFrom('', ' ', ',', ' , ', '\t'), (object, after) => {
        agrees(Buffer.from(JSON.stringify(object) + after));
        agrees(Buffer.from(JSON.stringify(object, null, ' ').replaceAll('\n', ' ') + after));
      }),
      { numRuns: 400 },
    );
  });

  it('agrees with JSON.parse on mutated lines', () => {
    const line =
      '{"id":7,"name":"re\\u0061d","cat":"PÖSIX","pid":-0.5e+1,"tid":0,"ts":"12","dur":1.25E2,"ph":"X","args":{"a":[true,false,null,{}],"b":""}} ,';
    const source = Buffer.from(line);
    const byte = fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('"\\{}[],:0-+.eEu tfn')));
    const edit = fc.record({ at: fc.nat(source.length - 1), byte, how: fc.constantFrom('set', 'cut', 'insert') });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        let bytes = source;
        for (const { at, byte: b, how } of edits) {
          if (b === 10) continue;
          const i = Math.min(at, bytes.length);
          bytes = Buffer.concat([
            bytes.subarray(0, i),
            how === 'cut' ? Buffer.alloc(0) : Buffer.of(b),
            bytes.subarray(how === 'insert' ? i : i + 1),
          ]);
        }
        agrees(bytes);
      }),
      { numRuns: 5000 },
    );
  });
});
