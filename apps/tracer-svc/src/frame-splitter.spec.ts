import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FrameSplitter } from './frame-splitter.js';

describe('FrameSplitter', () => {
  it.each(['\n', '\n\n'])('gives whole frames however the bytes are cut, delimiter %j', (delimiter) => {
    const text = fc.string({ unit: fc.constantFrom('a', 'ü', '\n', '\r'), maxLength: 40 });
    const cuts = fc.array(fc.nat(60), { maxLength: 8 });
    fc.assert(
      fc.property(text, cuts, (whole, at) => {
        const bytes = Buffer.from(whole);
        const splitter = new FrameSplitter(Buffer.from(delimiter), 1000);
        const edges = [0, ...at.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
        let out = Buffer.alloc(0);
        for (let index = 1; index < edges.length; index++) {
          out = Buffer.concat([out, splitter.push(bytes.subarray(edges[index - 1], edges[index]))]);
          const seen = bytes.subarray(0, edges[index]);
          expect(Buffer.concat([out, splitter.rest()]).equals(seen)).toBe(true);
          expect(out.length === 0 || out.toString().endsWith(delimiter)).toBe(true);
          expect(splitter.rest().includes(delimiter)).toBe(false);
        }
      }),
    );
  });

  it('refuses a frame without end', () => {
    const splitter = new FrameSplitter(Buffer.from('\n'), 10);
    expect(splitter.push(Buffer.from('1234567890')).length).toBe(0);
    expect(() => splitter.push(Buffer.from('1'))).toThrow(/longer than 10 bytes/);
  });
});
