import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from '@jest/globals';

const directory = mkdtempSync(join(tmpdir(), 'orphans-'));
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** Starts an app as the supervisor does, says its number, and is gone before the app has begun. */
const SUPERVISOR = `
  const { spawn } = require('node:child_process');
  const [script, ...argv] = process.argv.slice(1);
  const child = spawn(process.execPath, [script, ...argv], { detached: true, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  process.stdout.write(String(child.pid), () => process.kill(process.pid, 'SIGKILL'));
`;

describe('an app whose supervisor was killed while it started', () => {
  it.each([
    ['trace-indexer', ['-d', directory, '-b', '127.0.0.1', '-p', '0']],
    ['tracer-svc', ['--address', '127.0.0.1:0']],
  ])(
    'ends by itself: %s',
    async (name, argv) => {
      const pid = await promisify(execFile)(process.execPath, [
        '-e',
        SUPERVISOR,
        `dist/apps/${name}/src/main.js`,
        ...argv,
      ])
        .catch((error: unknown) => error as { readonly stdout: string })
        .then(({ stdout }) => Number(stdout));
      const isThere = (): boolean => existsSync(`/proc/${pid}`);
      expect([pid > 0, isThere()]).toEqual([true, true]);
      const deadline = Date.now() + 60_000;
      while (isThere() && Date.now() < deadline) await sleep(50);
      const remained = isThere();
      if (remained) process.kill(pid, 'SIGKILL');
      expect(remained).toBe(false);
    },
    90_000,
  );
});
