import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guardPostgres } from './postgres-guard.js';
import type { ServerUser } from './server-user.js';

const caller: ServerUser = { credentials: {} };
const directory = mkdtempSync(join(tmpdir(), 'postgres-guard-'));
const file = join(directory, 'postmaster.pid');
const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  rmSync(file, { force: true });
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** Something in the place of a server, and how it ended. */
function standIn(): { readonly pid: number; readonly ended: Promise<unknown>; readonly process: ChildProcess } {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  started.push(child);
  return { pid: child.pid ?? 0, process: child, ended: once(child, 'exit').then(([, signal]) => signal as unknown) };
}

/** The guard of this process; the end of its input is what the death of this process would be. */
function guard(pid: number, user = caller): { readonly parentGone: () => void; readonly ended: Promise<unknown> } {
  const child = guardPostgres(pid, directory, user);
  started.push(child);
  return { parentGone: () => child.stdin?.end(), ended: once(child, 'exit') };
}

describe('guardPostgres', () => {
  it('ends the server by a fast shutdown once its parent is gone, and not before', async () => {
    const server = standIn();
    writeFileSync(file, `${server.pid}\n/data\n`);
    const { parentGone, ended } = guard(server.pid);
    expect(server.process.exitCode).toBeNull();
    parentGone();
    expect(await server.ended).toBe('SIGINT');
    await ended;
  });

  it('waits for the file of a server that has only just been started', async () => {
    const server = standIn();
    writeFileSync(file, '1\n');
    guard(server.pid).parentGone();
    writeFileSync(file, `${server.pid}\n`);
    expect(await server.ended).toBe('SIGINT');
  });

  it('leaves alone what has the number of a server that is gone', async () => {
    const gone = standIn();
    const other = standIn();
    gone.process.kill('SIGKILL');
    await gone.ended;
    writeFileSync(file, `${other.pid}\n`);
    const { parentGone, ended } = guard(gone.pid);
    parentGone();
    await ended;
    expect([other.process.exitCode, other.process.signalCode]).toEqual([null, null]);
  });

  it('may do what the user of the server may, and no more', async () => {
    const isRoot = process.getuid?.() === 0;
    chmodSync(directory, 0o755);
    const server = standIn();
    writeFileSync(file, `${server.pid}\n`);
    const { parentGone, ended } = guard(server.pid, isRoot ? { credentials: { uid: 65_534, gid: 65_534 } } : caller);
    parentGone();
    await ended;
    if (isRoot) expect([server.process.exitCode, server.process.signalCode]).toEqual([null, null]);
    else expect(await server.ended).toBe('SIGINT');
  });
});
