import { describe, expect, it } from '@jest/globals';
import { MAX_TAIL_BYTES, TailGate } from './tail-gate.js';

const lines = (count: number, width: number): Buffer => Buffer.from(`${'x'.repeat(width - 1)}\n`.repeat(count));

describe('TailGate', () => {
  it('passes copies', () => {
    const passed: string[] = [];
    const gate = new TailGate((bytes) => passed.push(Buffer.from(bytes).toString()));
    const block = Buffer.from('one\ntwo\n');
    gate.offer(block, 2);
    block.fill(0);
    expect(passed).toEqual(['one\ntwo\n']);
  });

  it('leaves out what a slow watcher has no time for and says how many lines that were', () => {
    const passed: Uint8Array[] = [];
    const gate = new TailGate((bytes) => passed.push(bytes));
    const half = lines(MAX_TAIL_BYTES / 2 / 64, 64);
    for (let offer = 0; offer < 5; offer++) gate.offer(half, MAX_TAIL_BYTES / 128);
    expect(passed.length).toBe(2);
    gate.taken(half.length);
    gate.offer(lines(1, 10), 1);
    const [notice, line, end] = Buffer.from(passed[2] ?? [])
      .toString()
      .split('\n');
    expect(JSON.parse(notice ?? '')).toMatchObject({
      name: 'tail skipped',
      args: { count: (3 * MAX_TAIL_BYTES) / 128 },
    });
    expect([line?.length, end]).toEqual([9, '']);
    gate.offer(lines(1, 10), 1);
    expect(passed[3]?.length).toBe(10);
  });
});
