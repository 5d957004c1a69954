import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { directoryNameOf, lockDirectory, writableDirectory } from './state-directory.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'state-directory-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

describe('writableDirectory', () => {
  it('makes the directory and leaves nothing in it', () => {
    const path = writableDirectory(join(directory, 'a', 'b'), 'TRACE_DIR');
    expect([existsSync(path), readdirSync(path)]).toEqual([true, []]);
  });

  it('gives up where no directory can be made', () => {
    expect(() => writableDirectory('/proc/nowhere/deep', 'TRACE_DIR')).toThrow(
      /^TRACE_DIR: cannot write to \/proc\/nowhere/,
    );
  });

  it('names the setting, the directory and the reason', () => {
    writeFileSync(join(directory, 'file'), '');
    expect(() => writableDirectory(join(directory, 'file', 'b'), 'TRACE_DIR')).toThrow(
      expect.objectContaining({
        code: 'STORAGE_FAILED',
        message: expect.stringMatching(/^TRACE_DIR: cannot write to .*file\/b: E/),
      }),
    );
  });
});

describe('lockDirectory', () => {
  it('belongs to one process until it is given back', () => {
    const unlock = lockDirectory(directory);
    expect(() => lockDirectory(directory)).toThrow(`in use by another agent (process ${process.pid})`);
    unlock();
    lockDirectory(directory)();
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each([
    ['of a process that is gone', '4194304 1'],
    ['of an earlier process of the same number', `${process.pid} 1`],
    ['that is empty', ''],
  ])('takes over a lock %s', (_, text) => {
    writeFileSync(join(directory, 'agent.lock'), text);
    expect(() => {
      lockDirectory(directory)();
    }).not.toThrow();
  });
});

describe('directoryNameOf', () => {
  it('is one path component that tells nodes apart', () => {
    const names = ['nodeA', '', '.', '..', 'a/b', 'a%2Fb', '../../etc'].map(directoryNameOf);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^(?!\.{1,2}$)[^/]+$/);
    expect(directoryNameOf('x'.repeat(1000))).toHaveLength(200);
  });
});
