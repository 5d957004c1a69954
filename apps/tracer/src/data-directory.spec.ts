import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockDirectory, writableDirectory } from './data-directory.js';
import { closedParent } from './server-user.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'data-directory-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe('writableDirectory', () => {
  it('makes what is missing and leaves nothing behind', () => {
    const made = writableDirectory(join(directory, 'a', 'b'), 'TRACE_DIR');
    expect([existsSync(made), readdirSync(made)]).toEqual([true, []]);
  });

  it('names the setting and the path when it cannot', () => {
    writeFileSync(join(directory, 'file'), '');
    expect(() => writableDirectory(join(directory, 'file'), 'TRACE_DIR')).toThrow(
      new RegExp(`^TRACE_DIR: cannot write to ${join(directory, 'file')}: `),
    );
  });
});

describe('lockDirectory', () => {
  it('refuses a second holder and names the first', () => {
    const unlock = lockDirectory(directory);
    expect(() => lockDirectory(directory)).toThrow(`in use by another tracer (process ${process.pid})`);
    unlock();
    lockDirectory(directory)();
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each([
    ['a process that is gone', '999999999 12345'],
    ['another process that got the same id', `${process.pid} 1`],
    ['a start that was cut', ''],
  ])('takes over the lock of %s', (_, content) => {
    writeFileSync(join(directory, 'tracer.lock'), content);
    expect(() => {
      lockDirectory(directory)();
    }).not.toThrow();
  });
});

describe('closedParent', () => {
  it('finds the directory that other users may not enter', () => {
    chmodSync(directory, 0o755);
    const inner = writableDirectory(join(directory, 'home', 'clone'), 'X');
    expect(closedParent(inner)).toBeUndefined();
    chmodSync(join(directory, 'home'), 0o700);
    expect(closedParent(inner)).toBe(join(directory, 'home'));
  });
});
