import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { endOrphanedHook } from './orphaned-hook.js';
import { processRefOf, stillRuns, type ProcessRef } from './process-tree.js';

let child: ChildProcess;
afterEach(() => {
  child.kill('SIGKILL');
});

/** A manager that has said something, and what that was. */
async function manager(script: string): Promise<{ ref: ProcessRef; said: string }> {
  child = spawn('sh', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  const said = child.stdout === null ? [] : await once(child.stdout, 'data');
  child.stdout?.destroy();
  const ref = processRefOf(child.pid ?? 0);
  if (ref === undefined) throw new Error('it ended at once');
  return { ref, said: String(said[0]) };
}

describe('endOrphanedHook', () => {
  it('asks by SIGINT first', async () => {
    const { ref } = await manager("trap 'exit 7' INT; echo; while :; do sleep 0.02; done");
    const ended = once(child, 'exit');
    expect(await endOrphanedHook(ref)).toBe(true);
    expect(await ended).toEqual([7, null]);
  });

  it('kills one that does not go, with what it started in a session of its own', async () => {
    const { ref, said } = await manager("trap '' INT; setsid sleep 100 & echo $!; while :; do sleep 0.02; done");
    const sleeper = processRefOf(Number(said));
    if (sleeper === undefined) throw new Error('nothing was started');
    const ended = once(child, 'exit');
    expect(await endOrphanedHook(ref, { interruptMs: 100 })).toBe(true);
    expect(await ended).toEqual([null, 'SIGKILL']);
    // Its new parent has to take note of its end.
    for (let wait = 0; wait < 100 && stillRuns(sleeper); wait++) await sleep(20);
    expect(stillRuns(sleeper)).toBe(false);
  });

  it('leaves a process alone that has the number by now', async () => {
    const { ref } = await manager('echo; sleep 100');
    expect(await endOrphanedHook({ ...ref, startTime: '1' })).toBe(false);
    expect(stillRuns(ref)).toBe(true);
  });
});
