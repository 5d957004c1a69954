import { DecodeError } from '../decode-error.js';

/** A small generator of numbers from 0 (inclusive) to `below`, repeatable by its seed. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * below);
  };
}

/** A damaged copy: bits flipped, bytes replaced by telling ones, parts cut off, doubled, taken out or swapped in. */
export function mutated(bytes: Uint8Array, random: (below: number) => number): Buffer {
  let copy: Buffer = Buffer.from(bytes);
  for (let left = 1 + random(4); left > 0; left--) copy = mutatedOnce(copy, random);
  return copy;
}

const TELLING = [0, 0x7f, 0x80, 0xff, 0x22, 0x5c, 0x5b, 0x5d, 0x7b, 0x7d, 0x2c, 0x3a, 0x2d, 0x65, 0x0c, 0x0f];

function mutatedOnce(bytes: Buffer, random: (below: number) => number): Buffer {
  if (bytes.length === 0) return Buffer.from([random(256)]);
  const at = random(bytes.length);
  const to = at + random(Math.min(12, bytes.length - at) + 1);
  switch (random(7)) {
    case 0:
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8));
      return bytes;
    case 1:
      bytes[at] = TELLING[random(TELLING.length)] ?? 0;
      return bytes;
    case 2:
      return bytes.subarray(0, at);
    case 3:
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(at)]);
    case 4:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]);
    case 5:
      return Buffer.concat([bytes.subarray(0, at), Buffer.alloc(1 + random(6), 0xff), bytes.subarray(at)]);
    default:
      return bytes.fill(random(256), at, to);
  }
}

/** Decodes; answers whether the bytes were accepted. Anything thrown but a DecodeError with a position in range escapes. */
export function accepts(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): boolean {
  try {
    decode(bytes);
    return true;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    if (!(error.position >= 0 && error.position <= bytes.length) || error.reason === '') {
      throw new Error(`bad position ${error.position} of ${bytes.length}`, { cause: error });
    }
    return false;
  }
}
