import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Condition, formatConditions, parseConditions, parseDurationUs } from './search-form.js';

describe('parseConditions', () => {
  it('reads conditions with commas, blanks or both between them', () => {
    expect(parseConditions('http.method=GET, user.id != 7 url ~ "a, \\"b\\""').conditions).toEqual([
      { key: 'http.method', op: '=', value: 'GET' },
      { key: 'user.id', op: '!=', value: '7' },
      { key: 'url', op: '~', value: 'a, "b"' },
    ]);
    expect(parseConditions('  ')).toEqual({ conditions: [] });
    expect(parseConditions('a=""').conditions).toEqual([{ key: 'a', op: '=', value: '' }]);
  });

  it.each([
    ['=x', 0, 'the name of an attribute'],
    ['method', 6, 'one of = != ~ > < after method'],
    ['a = 1, b >', 10, 'a value after b >'],
    ['a = "open', 4, 'a value after a ='],
    ['"" = 1', 0, 'the name of an attribute'],
  ])('says what %j lacks, and where', (line, at, message) => {
    expect(parseConditions(line).problem).toEqual({ at, message });
  });

  it('reads what formatConditions wrote, whatever the texts', () => {
    const condition = fc.record<Condition>({
      key: fc.string({ minLength: 1, unit: 'binary' }),
      op: fc.constantFrom('=', '!=', '~', '>', '<'),
      value: fc.string({ unit: 'binary' }),
    });
    fc.assert(
      fc.property(fc.array(condition, { maxLength: 4 }), (conditions) => {
        expect(parseConditions(formatConditions(conditions))).toEqual({ conditions });
      }),
      { numRuns: 300, interruptAfterTimeLimit: 10_000 },
    );
  });
});

describe('parseDurationUs', () => {
  it.each([
    ['5', 5000],
    ['1.5ms', 1500],
    ['20 µs', 20],
    ['3 S', 3_000_000],
    ['2m', 120_000_000],
    ['', undefined],
    ['-1', undefined],
    ['1 week', undefined],
  ])('%j is %s', (text, us) => {
    expect(parseDurationUs(text)).toBe(us);
  });
});
