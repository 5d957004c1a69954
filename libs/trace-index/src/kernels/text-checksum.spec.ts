import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TextChecksum } from './text-checksum.js';
import { TraceKernels } from './trace-kernels.js';

const K = 0x9e3779b97f4a7c15n;
const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

/** What `assembly/checksum.ts` says it computes, word by word. */
function plainChecksum(text: Buffer): number {
  const sums = Array.from({ length: 8 }, (_, i) => u64(K * BigInt(2 * i + 1)));
  const blocks = Math.floor(text.length / 64);
  for (let word = 0; word < blocks * 8; word++) {
    const product = u64(((sums[word % 8] ?? 0n) ^ text.readBigUInt64LE(word * 8)) * K);
    sums[word % 8] = u64((product << 29n) | (product >> 35n));
  }
  const mix = (sum: bigint, value: bigint): bigint => {
    const product = u64((sum ^ value) * K);
    return product ^ (product >> 29n);
  };
  const rest = text.subarray(blocks * 64);
  const mixed = sums.reduce((sum, all) => mix(sum, all ^ (all >> 32n)), BigInt(rest.length));
  return Number(rest.reduce((sum, byte) => mix(sum, BigInt(byte)), mixed) >> 32n);
}

const kernels = new TraceKernels();
const area = kernels.allocate(4096);
const checksum = new TextChecksum(kernels);
const put = (text: Buffer): void => {
  kernels.bytes.set(text, area);
};
const texts = fc.uint8Array({ maxLength: 1000 }).map((bytes) => Buffer.from(bytes));

describe('TextChecksum', () => {
  it('is what the drawing says, in however many pieces the text comes', () => {
    fc.assert(
      fc.property(texts, fc.array(fc.nat(200)), (text, steps) => {
        checksum.begin();
        let at = 0;
        for (const step of [...steps, text.length]) {
          const piece = text.subarray(at, at + step);
          put(piece);
          checksum.add(area, area + piece.length);
          at += piece.length;
        }
        expect(checksum.end()).toBe(plainChecksum(text));
      }),
    );
  });

  it('differs when one byte does, when two do by the same bit, and when zeros are added', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 130, maxLength: 1000 }), fc.nat(), fc.nat(7), (bytes, place, bit) => {
        const text = Buffer.from(bytes);
        put(text);
        const right = checksum.of(area, area + text.length);
        const flip = (at: number): void => {
          text[at] = (text[at] ?? 0) ^ (1 << bit);
        };
        const first = place % (text.length - 64);
        flip(first);
        put(text);
        expect(checksum.of(area, area + text.length)).not.toBe(right);
        flip(first + 64);
        put(text);
        expect(checksum.of(area, area + text.length)).not.toBe(right);
        flip(first);
        flip(first + 64);
        put(Buffer.concat([text, Buffer.alloc(1)]));
        expect(checksum.of(area, area + text.length + 1)).not.toBe(right);
      }),
    );
  });
});
