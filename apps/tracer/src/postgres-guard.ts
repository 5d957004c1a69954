import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { join } from 'node:path';
import type { ServerUser } from './server-user.js';

/**
 * Waits for the end of its input, which is a pipe that nobody but the supervisor holds: it ends with the supervisor, however
 * that dies. `postmaster.pid` names the server as long as it runs, so a number that belongs to something else by now is
 * left alone; of a server that has just been started it is not there yet. SIGINT is the fast shutdown: clients are
 * disconnected, everything committed is on disk.
 */
const SCRIPT = `
while read -r _; do :; done
tries=60
while [ "$tries" -gt 0 ] && kill -0 "$1" 2>/dev/null; do
  if read -r at <"$2" && [ "$at" = "$1" ]; then kill -INT "$1"; exit; fi
  sleep 1
  tries=$((tries - 1))
done
`;

/**
 * Starts a shell that stops the database server once this process is gone. It runs as the server's user, so it can reach
 * nothing else, and takes no room to speak of. A system without a shell has no guard: the next start stops what is left.
 * @returns the guard, which is to be killed when the server has ended
 */
export function guardPostgres(serverPid: number, cluster: string, user: ServerUser): ChildProcess {
  const options: SpawnOptions = {
    ...user.credentials,
    // An own process group, as the server has: Ctrl-C in the terminal is for the supervisor.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
  };
  const argv = ['-c', SCRIPT, 'tracer-postgres-guard', String(serverPid), join(cluster, 'postmaster.pid')];
  const guard = spawn('/bin/sh', argv, options);
  guard.on('error', () => undefined);
  return guard;
}
