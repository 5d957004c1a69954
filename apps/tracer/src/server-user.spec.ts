import { expect, it } from '@jest/globals';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closedParent } from './server-user.js';

it('finds the directory that other users may not enter', () => {
  const directory = mkdtempSync(join(tmpdir(), 'server-user-'));
  const inner = join(directory, 'home', 'clone');
  mkdirSync(inner, { recursive: true });
  chmodSync(directory, 0o755);
  expect(closedParent(inner)).toBeUndefined();
  chmodSync(join(directory, 'home'), 0o700);
  expect(closedParent(inner)).toBe(join(directory, 'home'));
  rmSync(directory, { recursive: true });
});
