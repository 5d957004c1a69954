import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PlainTraceFile } from '@tracer/trace-index';
import { buildAll } from './build-all.js';

const never = new AbortController().signal;
const directory = mkdtempSync(join(tmpdir(), 'build-all-'));
beforeAll(() => {
  mkdirSync(join(directory, 'sub'));
  writeFileSync(join(directory, 'a.pfw'), '{"ts":1}\n');
  writeFileSync(join(directory, 'sub', 'b.pfw'), '{"ts":1}\n{"ts"');
  writeFileSync(join(directory, 'sub', 'c.pfw.gz'), 'no gzip');
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

describe('buildAll', () => {
  it('opens every file, says what is wrong with some, and shows the end', async () => {
    const [shown, said]: [string[], string[]] = [[], []];
    const result = await buildAll({
      root: directory,
      atATime: 2,
      async open(file, onProgress) {
        onProgress(1);
        if (file.path === 'a.pfw') throw new Error('disk on fire');
        return PlainTraceFile.open(file.realPath, never);
      },
      show: (line, last) => shown.push(`${String(last)} ${line}`),
      say: (line) => said.push(line),
      nowMs: () => 0,
    });
    expect(result).toEqual({ files: 3, failed: 1 });
    expect(said.sort()).toEqual([
      'a.pfw: disk on fire',
      'sub/b.pfw: truncated: ends inside a line',
      'sub/c.pfw.gz: damaged: not a gzip file',
    ]);
    expect(shown).toEqual(['true [########################] 3/3 files  30 B of 30 B  0 B/s  ETA 0:00']);
  });

  it('fails when the directory cannot be read', async () => {
    const nothing = (): never => {
      throw new Error('not called');
    };
    await expect(
      buildAll({ root: join(directory, 'nowhere'), atATime: 1, open: nothing, show: nothing, say: nothing }),
    ).rejects.toThrow('ENOENT');
  });
});
