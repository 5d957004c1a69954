import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Condition, parseConditions, parseDurationUs } from './search-form.js';

/** The line that means these conditions; bare where a text may be. */
function written(alternatives: readonly (readonly Condition[])[], between: string): string {
  const text = (value: string): string =>
    /^[^\s,"\\=~<>!]+$/.test(value) ? value : `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
  const one = (conditions: readonly Condition[]): string =>
    conditions.map(({ key, op, value }) => `${text(key)} ${op} ${text(value)}`).join(between);
  return alternatives.map(one).join(' or ');
}

describe('parseConditions', () => {
  it('reads conditions with commas, blanks or both between them', () => {
    const all = [
      { key: 'http.method', op: '=', value: 'GET' },
      { key: 'user.id', op: '!=', value: '7' },
      { key: 'url', op: '~', value: 'a, "b"' },
    ];
    expect(parseConditions('http.method=GET, user.id != 7 url ~ "a, \\"b\\""')).toEqual({ alternatives: [all] });
    expect(parseConditions('http.method=GET and user.id != 7 AND url ~ "a, \\"b\\""')).toEqual({ alternatives: [all] });
    expect(parseConditions('  ')).toEqual({ alternatives: [] });
    expect(parseConditions('a=""').alternatives).toEqual([[{ key: 'a', op: '=', value: '' }]]);
  });

  it('reads alternatives', () => {
    expect(parseConditions('a=1, b=2 or c=3 OR d=or').alternatives).toEqual([
      [
        { key: 'a', op: '=', value: '1' },
        { key: 'b', op: '=', value: '2' },
      ],
      [{ key: 'c', op: '=', value: '3' }],
      [{ key: 'd', op: '=', value: 'or' }],
    ]);
    // Attributes may have these names.
    expect(parseConditions('or=1 or or = 2 and and=3, order=4').alternatives).toEqual([
      [{ key: 'or', op: '=', value: '1' }],
      [
        { key: 'or', op: '=', value: '2' },
        { key: 'and', op: '=', value: '3' },
        { key: 'order', op: '=', value: '4' },
      ],
    ]);
  });

  it.each([
    ['=x', 0, 'the name of an attribute'],
    ['method', 6, 'one of = != ~ > < after method'],
    ['a = 1, b >', 10, 'a value after b >'],
    ['a = "open', 4, 'a value after a ='],
    ['"" = 1', 0, 'the name of an attribute'],
    ['a=1 or', 6, 'the name of an attribute'],
    ['a=1 or  or', 10, 'one of = != ~ > < after or'],
    ['or b=1', 3, 'one of = != ~ > < after or'],
  ])('says what %j lacks, and where', (line, at, message) => {
    expect(parseConditions(line).problem).toEqual({ at, message });
  });

  it('reads what was written by the rules, whatever the texts', () => {
    const condition = fc.record<Condition>({
      key: fc.string({ minLength: 1, unit: 'binary' }),
      op: fc.constantFrom('=', '!=', '~', '>', '<'),
      value: fc.string({ unit: 'binary' }),
    });
    fc.assert(
      fc.property(
        fc.array(fc.array(condition, { minLength: 1, maxLength: 3 }), { maxLength: 3 }),
        fc.constantFrom(', ', ' ', ' and '),
        (alternatives, between) => {
          expect(parseConditions(written(alternatives, between))).toEqual({ alternatives });
        },
      ),
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
