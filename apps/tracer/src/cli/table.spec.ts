import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cut, tableLines, textWidth, type Column } from './table.js';

interface Row {
  readonly name: string;
  readonly count: number;
}
const columns: Column<Row>[] = [
  { title: 'NAME', value: ({ name }) => name, flexible: true },
  { title: 'COUNT', right: true, value: ({ count }) => String(count) },
];

describe('tableLines', () => {
  it('aligns columns, and leaves no blanks at the end', () => {
    const [first, ...others] = columns;
    const turned = [...others, ...(first === undefined ? [] : [first])];
    const rows = [
      { name: 'openat', count: 2108 },
      { name: 'a', count: 7 },
    ];
    expect(tableLines(columns, rows)).toEqual(['NAME    COUNT', 'openat   2108', 'a           7']);
    expect(tableLines(turned, rows)).toEqual(['COUNT  NAME', ' 2108  openat', '    7  a']);
  });

  it('cuts flexible columns only, and only for a terminal', () => {
    const rows = [{ name: 'a very long name of a container', count: 123_456 }];
    expect(tableLines(columns, rows, 20)[1]).toBe('a very long…  123456');
    expect(tableLines(columns, rows)[1]).toBe('a very long name of a container  123456');
  });

  it('shows what is traced without letting it write to the terminal', () => {
    const rows = [{ name: 'evil\u001b[2J\nx\u009b', count: 1 }];
    expect(tableLines(columns, rows)[1]).toBe('evil\\u001b[2J\\u000ax\\u009b      1');
  });

  it('is never wider than the terminal as long as flexible columns can give way', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ name: fc.string({ unit: 'grapheme' }), count: fc.nat() })), (rows) => {
        for (const line of tableLines(columns, rows, 40)) expect(textWidth(line)).toBeLessThanOrEqual(40);
      }),
      { numRuns: 200 },
    );
  });
});

describe('textWidth and cut', () => {
  it('counts columns, not characters', () => {
    expect(['abc', '日本', 'e\u0301', '🙂', ''].map(textWidth)).toEqual([3, 4, 1, 2, 0]);
    expect([cut('abcdef', 4), cut('日本語', 4), cut('abc', 3)]).toEqual(['abc…', '日…', 'abc']);
  });
});
