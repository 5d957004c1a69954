import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { IndexWriter } from './index-writer.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'index-writer-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

describe('IndexWriter', () => {
  it('shows nothing under the name of the index until it is whole', () => {
    const path = join(directory, 'k.idx');
    const writer = new IndexWriter(path);
    writer.append(Buffer.alloc(3 << 20, 'a'));
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(directory)).toHaveLength(1);
    writer.abandon();
    writer.abandon();
    expect(readdirSync(directory)).toEqual([]);
  });
});
