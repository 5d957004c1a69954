import { afterAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { completionScript } from './completion.js';

const directory = mkdtempSync(join(tmpdir(), 'completion-'));
mkdirSync(join(directory, 'traces'));
writeFileSync(join(directory, 'completion.bash'), completionScript('bash'));
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** What a real bash proposes behind the words when the program proposes these, one a line. */
function proposed(words: readonly string[], program: readonly string[]): string[] {
  const script = `
    tracer() { printf '%s\\n' "$*" >asked; cat program; }
    source completion.bash
    COMP_WORDS=(tracer "$@"); COMP_CWORD=$#
    _tracer
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  writeFileSync(join(directory, 'program'), program.map((word) => `${word}\n`).join(''));
  const said = execFileSync('bash', ['-c', script, 'bash', ...words], { cwd: directory, encoding: 'utf8' });
  return said.split('\n').slice(0, -1);
}

describe('completion in bash', () => {
  it('asks the program with what stands before the cursor, and proposes what it says', () => {
    expect(proposed(['sessions', 's'], ['show', 'stop'])).toEqual(['show', 'stop']);
    expect(execFileSync('cat', [join(directory, 'asked')], { encoding: 'utf8' })).toBe('__complete sessions s\n');
  });

  it('leaves directories to the shell', () => {
    expect(proposed(['index', 'tr'], [':directories'])).toEqual(['traces']);
  });

  it('runs nothing that stands in a name, and quotes it', () => {
    const names = ['$(touch run-1)', '`touch run-2`', 'a b', "it's; touch run-3", '*'];
    const quoted = proposed(['run', 'x', '--pod', ''], names);
    expect(readdirSync(directory).filter((name) => name.startsWith('run-'))).toEqual([]);
    const read = execFileSync('bash', ['-c', `printf '%s\\n' ${quoted.join(' ')}`], {
      cwd: directory,
      encoding: 'utf8',
    });
    expect(read.split('\n').slice(0, -1)).toEqual(names);
    expect(existsSync(join(directory, 'run-3'))).toBe(false);
  });
});
