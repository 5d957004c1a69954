import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { descendantsOf, stillRuns } from './process-tree.js';

describe('descendantsOf', () => {
  let proc: string;
  const process = (pid: number, startTime: number, threads: Record<number, number[]>): void => {
    for (const [tid, children] of Object.entries(threads)) {
      mkdirSync(join(proc, `${pid}/task/${tid}`), { recursive: true });
      writeFileSync(join(proc, `${pid}/task/${tid}/children`), children.map((child) => `${child} `).join(''));
    }
    const before = Array.from({ length: 18 }, () => '0').join(' ');
    writeFileSync(join(proc, `${pid}/stat`), `${pid} (a b) 1) S ${before} ${startTime} 0 0\n`);
  };

  beforeEach(() => {
    proc = mkdtempSync(join(tmpdir(), 'proc-'));
  });
  afterEach(() => {
    rmSync(proc, { recursive: true });
  });

  it('finds children of every thread, and theirs, once each', () => {
    process(1, 10, { 1: [2, 3], 4: [5] });
    process(2, 20, { 2: [6] });
    process(3, 30, { 3: [] });
    process(5, 50, { 5: [2, 1] });
    process(6, 60, { 6: [7] });
    expect(descendantsOf(1, proc)).toEqual([
      { pid: 2, startTime: '20' },
      { pid: 3, startTime: '30' },
      { pid: 5, startTime: '50' },
      { pid: 6, startTime: '60' },
    ]);
    expect(descendantsOf(99, proc)).toEqual([]);
  });

  it('does not take a later process of the same number for the one it saw', () => {
    process(2, 20, { 2: [] });
    expect(stillRuns({ pid: 2, startTime: '20' }, proc)).toBe(true);
    expect(stillRuns({ pid: 2, startTime: '21' }, proc)).toBe(false);
    expect(stillRuns({ pid: 3, startTime: '20' }, proc)).toBe(false);
  });
});
