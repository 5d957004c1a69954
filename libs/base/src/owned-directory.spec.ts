import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockDirectory, writableDirectory } from './owned-directory.js';

const LOCK = { file: 'demo.lock', refusal: (_: string, pid: string) => `in use by another demo (process ${pid})` };

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'owned-directory-'));
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

  it('gives up where the system has no directories to give', () => {
    const impossible = process.platform === 'linux' ? '/proc/tracer/data' : join(directory, '\0');
    expect(() => writableDirectory(impossible, 'TRACE_DIR')).toThrow(/^TRACE_DIR: cannot write to /);
  });
});

describe('lockDirectory', () => {
  it('refuses a second holder and names the first', () => {
    const unlock = lockDirectory(directory, LOCK);
    expect(() => lockDirectory(directory, LOCK)).toThrow(`in use by another demo (process ${process.pid})`);
    unlock();
    lockDirectory(directory, LOCK)();
    expect(readdirSync(directory)).toEqual([]);
  });

  it.each([
    ['a process that is gone', '999999999 12345'],
    ['another process that got the same id', `${process.pid} 1`],
    ['a start that was cut', ''],
  ])('takes over the lock of %s', (_, content) => {
    writeFileSync(join(directory, 'demo.lock'), content);
    expect(() => {
      lockDirectory(directory, LOCK)();
    }).not.toThrow();
  });
});
