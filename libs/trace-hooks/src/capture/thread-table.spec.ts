import { describe, expect, it } from '@jest/globals';
import { LineBuffer } from '../output/line-buffer.js';
import { NO_SLOT, tagStart, ThreadTable } from './thread-table.js';

function tagOf(table: ThreadTable, slot: number): string {
  const lines = new LineBuffer();
  const block = Buffer.alloc(64);
  lines.use(block, 0);
  lines.copy(table.tags, tagStart(slot), table.tagLength[slot] ?? 0);
  return block.toString('latin1', 0, lines.at);
}

describe('ThreadTable', () => {
  it('gives a thread a slot while it lives and its text for every line', () => {
    const table = new ThreadTable(4_194_304);
    const slot = table.add(4_194_304, 4_194_303, 'worker', 17);
    expect([table.slotOf(4_194_304), table.size, table.comm(slot), table.sinceNs[slot]]).toEqual([
      slot,
      1,
      'worker',
      17,
    ]);
    expect(tagOf(table, slot)).toBe('4194303,"tid":4194304,"ts":');
    table.remove(slot);
    expect([table.slotOf(4_194_304), table.size, table.comm(slot)]).toEqual([NO_SLOT, 0, '']);
  });

  it('has no slot for ids no kernel gives out', () => {
    const table = new ThreadTable(1000);
    expect([0, -1, 1001, 2 ** 31].map((tid) => table.add(tid, 1, '', 0))).toEqual(Array(4).fill(NO_SLOT));
    expect([0, -1, 1001, 2 ** 31].map((tid) => table.slotOf(tid))).toEqual(Array(4).fill(NO_SLOT));
  });

  it('uses slots again and keeps everything while it grows', () => {
    const table = new ThreadTable(100_000);
    const slots = Array.from({ length: 5000 }, (_, index) => table.add(index + 1, index + 1, `c${index}`, index));
    expect(new Set(slots).size).toBe(5000);
    slots.forEach((slot, index) => {
      expect([table.tid[slot], table.comm(slot), tagOf(table, slot)]).toEqual([
        index + 1,
        `c${index}`,
        `${index + 1},"tid":${index + 1},"ts":`,
      ]);
    });
    table.remove(slots[7] ?? 0);
    expect([table.add(70_000, 70_000, '', 0), [...table.slots()].length]).toEqual([slots[7], 5000]);
  });

  it('starts anew with the owner of a known id', () => {
    const table = new ThreadTable(1000);
    const slot = table.add(5, 5, 'old', 1);
    table.sessions[slot] = 3;
    const version = table.nameVersion[slot];
    expect(table.add(5, 4, 'new', 2)).toBe(slot);
    expect([table.sessions[slot], table.tgid[slot], table.comm(slot), table.size]).toEqual([0, 4, 'new', 1]);
    expect(table.nameVersion[slot]).not.toBe(version);
  });

  it('lets a thread take over another id', () => {
    const table = new ThreadTable(1000);
    const slot = table.add(9, 5, 'thread', 1);
    table.renumber(slot, 5, 5);
    expect([table.slotOf(9), table.slotOf(5), tagOf(table, slot)]).toEqual([NO_SLOT, slot, '5,"tid":5,"ts":']);
  });

  it('does not remove who is not there', () => {
    const table = new ThreadTable(1000);
    const slot = table.add(9, 9, '', 1);
    table.remove(slot);
    table.remove(slot);
    table.remove(NO_SLOT);
    expect([table.add(10, 10, '', 0), table.add(11, 11, '', 0)]).toEqual([slot, slot + 1]);
  });
});
