import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BoundedLines } from './bounded-lines.js';

const GENEROUS = { maxLines: 1000, maxLineBytes: 1000 };

describe('BoundedLines', () => {
  it('cuts at newlines, wherever the chunks end', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.nat({ max: 8 })), (text, cuts) => {
        const bytes = Buffer.from(text.replaceAll('\r', ''), 'utf8');
        const lines = new BoundedLines(GENEROUS);
        let at = 0;
        for (const cut of cuts) {
          lines.push(bytes.subarray(at, at + cut));
          at += cut;
        }
        lines.push(bytes.subarray(at));
        lines.end();
        const expected = bytes.toString('utf8').split('\n');
        if (expected.at(-1) === '') expected.pop();
        expect(lines.lines).toEqual(expected);
      }),
    );
  });

  it('keeps the first lines, counts the others and tells of every one', () => {
    let told = 0;
    const lines = new BoundedLines({ maxLines: 2, maxLineBytes: 10 }, () => {
      told += 1;
    });
    lines.push(Buffer.from('a\nb\r\nc\nd'));
    lines.end();
    expect({ ...lines, told }).toMatchObject({ lines: ['a', 'b'], dropped: 2, cut: 0, told: 4, bytes: 8 });
  });

  it('cuts long lines and says how many', () => {
    const lines = new BoundedLines({ maxLines: 3, maxLineBytes: 4 });
    for (let index = 0; index < 1000; index += 1) lines.push(Buffer.alloc(1000, 'x'));
    lines.push(Buffer.from('\nfour\nfive5\n'));
    lines.end();
    expect(lines).toMatchObject({ lines: ['xxxx', 'four', 'five'], cut: 2, dropped: 0 });
  });

  it('turns bytes that are no text into replacement characters', () => {
    const lines = new BoundedLines(GENEROUS);
    lines.push(Buffer.from([0xff, 0xfe, 0x0a, 0xc3]));
    lines.push(Buffer.from([0xa9]));
    lines.end();
    expect(lines.lines).toEqual(['\ufffd\ufffd', 'é']);
  });
});
