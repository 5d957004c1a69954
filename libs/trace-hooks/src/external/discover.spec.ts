import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findGroups } from './discover.js';

describe('findGroups', () => {
  let top: string;
  const file = (path: string, mode = 0o755): void => {
    mkdirSync(join(top, path, '..'), { recursive: true });
    writeFileSync(join(top, path), '#!/bin/sh\n');
    chmodSync(join(top, path), mode);
  };
  const groups = (): Record<string, string> =>
    Object.fromEntries(findGroups(top).groups.map(({ group, manager }) => [relative(top, group), manager]));

  beforeEach(() => {
    top = mkdtempSync(join(tmpdir(), 'hooks-'));
  });
  afterEach(() => {
    rmSync(top, { recursive: true });
  });

  it('walks in name order, names groups by their path, skips what begins with a dot', () => {
    file('b/manager.sh');
    file('a/deep/manager.py');
    file('a/README.md');
    file('.hidden/manager.sh');
    file('c/.manager.sh');
    file('c/manager');
    file('manager.top');
    expect(Object.entries(groups())).toEqual([
      ['', 'manager.top'],
      ['a/deep', 'manager.py'],
      ['b', 'manager.sh'],
    ]);
  });

  it('takes the last manager of a directory and follows links to managers only', () => {
    file('a/manager.py');
    file('a/manager.sh');
    mkdirSync(join(top, 'b'));
    symlinkSync('../a/manager.py', join(top, 'b/manager.link'));
    symlinkSync('a', join(top, 'c'));
    mkdirSync(join(top, 'd/manager.d'), { recursive: true });
    expect(groups()).toEqual({ a: 'manager.sh', b: 'manager.link' });
  });

  it('keeps the key relative if the directory is, and the working directory absolute', () => {
    file('hooks/fake/manager.sh');
    const given = relative(process.cwd(), join(top, 'hooks'));
    const [found] = findGroups(given).groups;
    expect(found).toMatchObject({ group: join(given, 'fake'), path: join(top, 'hooks/fake'), manager: 'manager.sh' });
  });

  it('says why a manager can not be run', () => {
    file('a/manager.sh', 0o644);
    mkdirSync(join(top, 'b'));
    symlinkSync('nowhere', join(top, 'b/manager.sh'));
    mkdirSync(join(top, 'c'));
    symlinkSync('/dev/null', join(top, 'c/manager.sh'));
    const problems = findGroups(top).groups.map(({ problem }) => problem);
    expect(problems).toEqual([
      'manager.sh: not executable',
      expect.stringContaining('ENOENT'),
      'manager.sh: not a regular file',
    ]);
  });

  it('lists directories that it can not or will not read', () => {
    const deep = Array.from({ length: 18 }, () => 'd').join('/');
    mkdirSync(join(top, deep), { recursive: true });
    expect([...findGroups(top).problems.values()]).toEqual(['deeper than 16 directories']);
    const missing = findGroups(join(top, 'missing'));
    expect(missing.groups).toEqual([]);
    expect(missing.problems.get(join(top, 'missing'))).toContain('ENOENT');
  });
});
