import { describe, expect, it } from '@jest/globals';
import { boundFilter, Filter, needsDefinitions, termOf, type Condition } from './filter.js';
import { TraceRecord } from './trace-record.js';

const record = new TraceRecord();
function matches(condition: Condition, line: string): boolean {
  const bytes = Buffer.from(line);
  expect(record.read(bytes, 0, bytes.length)).toBe('record');
  return new Filter([termOf(condition, 'filters[0]')]).matches(record);
}
const event =
  '{"name":"read","cat":"POSIX","pid":10,"tid":"11","ts":100,"dur":12.5,"ph":"X","args":{"ret":-5,"size":"4096","h":9509357668201227806,"hex":"12e4","flag":true,"none":null,"o":{}}}';

describe('termOf', () => {
  it.each<[string, string, unknown, boolean]>([
    ['name', '=', 'read', true],
    ['name', '=', 'Read', false],
    ['name', '!=', 'write', true],
    ['cat', 'in', ['a', 'POSIX'], true],
    ['cat', 'in', [], false],
    ['pid', '=', 10, true],
    ['pid', '=', '10', true],
    ['tid', '=', 11, true],
    ['tid', '!=', 11, false],
    ['ts', '>=', 100, true],
    ['begin', '>', 100, false],
    ['dur', '<=', 12.5, true],
    ['duration', '<', 12.5, false],
    ['dur', 'in', [1, 12.5], true],
    ['ph', '=', 'X', true],
    ['ph', '!=', 'M', true],
    ['ph', '=', 1, false],
    ['args.ret', '=', -5, true],
    ['args.ret', '<', 0, true],
    ['args.ret', '<', '0', true],
    ['args.size', '=', 4096, true],
    ['args.size', '>=', 4096, true],
    ['args.size', '=', '4096', true],
    ['args.size', '!=', 'x', true],
    // The operand a text, the value a number: exact beyond 2^53.
    ['args.h', '=', '9509357668201227806', true],
    ['args.h', '=', '9509357668201227807', false],
    ['args.h', 'in', ['1', '9509357668201227806'], true],
    // Both texts: never compared as numbers.
    ['args.hex', '=', '120000', false],
    ['args.hex', '=', 120000, true],
    ['args.flag', '=', true, true],
    ['args.flag', '=', 'true', false],
    ['args.flag', '!=', 'true', true],
    // A number cannot be compared with what is none; nothing matches what is not there or null.
    ['args.flag', '!=', 1, false],
    ['args.none', '!=', 'x', false],
    ['args.missing', '!=', 'x', false],
    ['args.o', '!=', 'x', true],
    ['args.o', '=', 'x', false],
  ])('%s %s %j is %s', (field, op, value, expected) => {
    expect(matches({ field, op, value }, event)).toBe(expected);
  });

  it('never matches an absent field', () => {
    for (const field of ['name', 'cat', 'ph', 'pid', 'dur']) {
      for (const op of ['=', '!='])
        expect([field, op, matches({ field, op, value: field === 'pid' || field === 'dur' ? 1 : 'x' }, '{}')]).toEqual([
          field,
          op,
          false,
        ]);
    }
  });

  it.each<[string, Condition]>([
    ['filters[0]: unknown operator "~"; expected one of = != >= <= > < in', { field: 'pid', op: '~', value: 1 }],
    ['filters[0]: unknown field "id"; expected name, cat', { field: 'id', op: '=', value: 1 }],
    ['filters[0]: unknown field "constructor"', { field: 'constructor', op: '=', value: 1 }],
    ['filters[0]: unknown field "args."', { field: 'args.', op: '=', value: 1 }],
    ['filters[0]: expected a plain decimal number, not "0x10"', { field: 'ts', op: '=', value: '0x10' }],
    ['filters[0]: expected a plain decimal number, not "true"', { field: 'ts', op: '=', value: true }],
    ['filters[0]: name is a text; expected the operator =, != or in, not >=', { field: 'name', op: '>=', value: 'a' }],
    ['filters[0]: name expects a text, not 5', { field: 'name', op: '=', value: 5 }],
    ['filters[0]: the operator in expects an array as value', { field: 'name', op: 'in', value: 'a' }],
    ['filters[0]: the value must be a text, a number or a boolean', { field: 'args.x', op: '=', value: null }],
    ['filters[0]: operator >: expected a plain decimal number, not "a"', { field: 'args.x', op: '>', value: 'a' }],
    ['filters[0]: integers beyond 2^53 must be sent as a text', { field: 'args.x', op: '=', value: 2 ** 60 }],
  ])('refuses with "%s"', (message, condition) => {
    expect(() => termOf(condition, 'filters[0]')).toThrow(
      expect.objectContaining({ code: 'VALIDATION', message: expect.stringContaining(message) }),
    );
  });
});

describe('Filter', () => {
  it('needs every term', () => {
    const terms = [
      termOf({ field: 'pid', op: '=', value: 10 }, ''),
      termOf({ field: 'name', op: '=', value: 'write' }, ''),
    ];
    record.read(Buffer.from(event), 0, event.length);
    expect(new Filter(terms.slice(0, 1)).matches(record)).toBe(true);
    expect(new Filter(terms).matches(record)).toBe(false);
    expect([Filter.everything.matches(record), Filter.everything.isEmpty, new Filter(terms).isEmpty]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('takes an absent field where that is asked for', () => {
    record.read(Buffer.from('{}'), 0, 2);
    const term = { kind: 'number', field: 'dur', op: '>=', values: [5] } as const;
    expect([
      new Filter([{ ...term, orAbsent: true }]).matches(record),
      new Filter([{ ...term, orAbsent: false }]).matches(record),
    ]).toEqual([true, false]);
  });

  it('keeps the window inclusive on both ends and lets overlap reach in from the left', () => {
    const inWindow = (line: string, minUs: number, maxUs: number, overlap: boolean): boolean => {
      record.read(Buffer.from(line), 0, line.length);
      return new Filter([{ kind: 'time', minUs, maxUs, overlap }]).matches(record);
    };
    expect(inWindow('{"ts":5}', 5, 5, false)).toBe(true);
    expect(inWindow('{"ts":6}', 1, 5, true)).toBe(false);
    expect(inWindow('{"ts":1,"dur":4}', 5, 9, false)).toBe(false);
    expect(inWindow('{"ts":1,"dur":4}', 5, 9, true)).toBe(true);
    expect(inWindow('{"ts":1,"dur":100}', 5, 9, true)).toBe(true);
    expect(inWindow('{"ts":1}', 5, 9, true)).toBe(false);
    expect(inWindow('{"dur":4}', -Infinity, Infinity, true)).toBe(false);
  });

  it('says whether it needs the text of the line', () => {
    expect(new Filter([termOf({ field: 'args.x', op: '=', value: 1 }, '')]).needsArgs).toBe(true);
    expect(Filter.everything.needsArgs).toBe(false);
  });
});

describe('boundFilter', () => {
  const hashes = {
    FH: new Map([
      ['7', '/data/a'],
      ['9509357668201227806', '/data/b'],
    ]),
    HH: new Map([['h1', 'node1']]),
    SH: new Map<string, string>(),
  };
  const asked = (condition: Condition, args: string): boolean => {
    const line = `{"args":${args}}`;
    record.read(Buffer.from(line), 0, line.length);
    return boundFilter(new Filter([termOf(condition, '')]), hashes).matches(record);
  };

  it('finds a file or a host by its name, whether it is written or stands behind a hash', () => {
    const isA = { field: 'fname', op: '=', value: '/data/a' };
    expect([asked(isA, '{"fhash":7}'), asked(isA, '{"fhash":"7"}'), asked(isA, '{"fname":"/data/a"}')]).toEqual([
      true,
      true,
      true,
    ]);
    expect([asked(isA, '{"fhash":8}'), asked(isA, '{"fname":"/data/b"}'), asked(isA, '{}')]).toEqual([
      false,
      false,
      false,
    ]);
    expect(asked({ field: 'fname', op: 'in', value: ['x', '/data/b'] }, '{"fhash":9509357668201227806}')).toBe(true);
    expect(asked({ field: 'hostname', op: '!=', value: 'node1' }, '{"hhash":"h1"}')).toBe(false);
    expect(asked({ field: 'hostname', op: '!=', value: 'node2' }, '{"hhash":"h1"}')).toBe(true);
  });

  it('is needed for names only', () => {
    expect(needsDefinitions(new Filter([termOf({ field: 'fname', op: '=', value: 'x' }, '')]))).toBe(true);
    expect(needsDefinitions(new Filter([termOf({ field: 'args.fname', op: '=', value: 'x' }, '')]))).toBe(false);
    expect(() => termOf({ field: 'fname', op: '<', value: 'x' }, '')).toThrow('fname is a text');
  });
});
