import { describe, expect, it } from '@jest/globals';
import { BLOCK_BYTES } from '../query/trace-file-reader.js';
import { BlockMemory, giveBack, lend } from './block-memory.js';

describe('memory of blocks', () => {
  it('goes round', () => {
    const owner = new BlockMemory();
    const memory = owner.take();
    expect(memory.byteLength).toBe(BLOCK_BYTES);
    lend(memory, owner);
    giveBack(Buffer.from(memory, 10, 20));
    expect(owner.some(5)).toEqual([memory]);
    expect(owner.some(5)).toEqual([]);
  });

  it('comes back once, and only to whom it belongs', () => {
    const owner = new BlockMemory();
    const memory = owner.take();
    giveBack(new Uint8Array(memory));
    expect(owner.some(1)).toEqual([]);
    lend(memory, owner);
    giveBack(new Uint8Array(memory));
    giveBack(new Uint8Array(memory));
    expect(owner.some(2)).toEqual([memory]);
  });

  it('is not kept beyond a bound', () => {
    const owner = new BlockMemory();
    owner.put(...Array.from({ length: 100 }, () => new ArrayBuffer(1)));
    expect(owner.some(100)).toHaveLength(64);
  });
});
