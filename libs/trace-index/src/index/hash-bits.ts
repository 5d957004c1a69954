import type { TraceKernels } from '../kernels/trace-kernels.js';

/**
 * The hashes of a chunk as a bloom filter of two bits each. It is filled at its full size and then folded in half (the
 * upper half onto the lower) as long as it stays sparse: a place modulo half the size is the place in the half.
 */
const LEAST_BYTES = 8;
/** Of all bits, how many may be set after a fold. */
const MOST_SET = 0.35;

/** The smallest form of 512 bytes of bits; empty when none is set. */
export function foldHashBits(bits: Uint8Array): Buffer {
  let folded = Buffer.from(bits);
  if (ones(folded) === 0) return Buffer.alloc(0);
  while (folded.length > LEAST_BYTES) {
    const half = Buffer.from(folded.subarray(0, folded.length / 2));
    for (let i = 0; i < half.length; i++) half[i] = (half[i] ?? 0) | (folded[i + half.length] ?? 0);
    if (ones(half) > half.length * 8 * MOST_SET) break;
    folded = half;
  }
  return folded;
}

function ones(bits: Uint8Array): number {
  let count = 0;
  for (let byte of bits) for (; byte !== 0; byte &= byte - 1) count++;
  return count;
}

/** `false` = no hash of the chunk has this text. */
export function mayHaveHash(bits: Uint8Array, places: readonly number[]): boolean {
  const mask = bits.length * 8 - 1;
  if (mask < 0) return false;
  return places.every((place) => ((bits[(place & mask) >> 3] ?? 0) & (1 << (place & 7))) !== 0);
}

/** The two places of a hash in 4096 bits. */
export function hashPlaces(kernels: TraceKernels, text: string): readonly number[] {
  const bytes = Buffer.from(text);
  const at = kernels.scratch(bytes.length + 16);
  kernels.bytes.set(bytes, at);
  const places = kernels.run.hash_places(at, bytes.length);
  return [places & 4095, (places >>> 12) & 4095];
}
