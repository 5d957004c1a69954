/** A `/proc` of plain files, as far as tasks go. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface FakeTask {
  readonly tid: number;
  readonly tgid?: number;
  readonly ppid?: number;
  readonly comm?: string;
  readonly startTicks?: number;
  readonly state?: string;
  /** Child processes of this thread. */
  readonly children?: readonly number[];
}

export class FakeProcfs {
  readonly path = mkdtempSync(join(tmpdir(), 'procfs-'));

  /** @param self tasks of the process that reads, the first one being its leader */
  constructor(self: readonly number[] = [1000, 1001]) {
    const [leader = 0] = self;
    for (const tid of self) this.put({ tid, tgid: leader, comm: 'agent' });
    symlinkSync(String(leader), join(this.path, 'self'));
    this.uptime(1000);
  }

  uptime(seconds: number): void {
    writeFileSync(join(this.path, 'uptime'), `${seconds.toFixed(2)} 1.00\n`);
  }

  put({ tid, tgid = tid, ppid = 1, comm = `t${tid}`, startTicks = 10, state = 'S', children = [] }: FakeTask): void {
    const inProcess = join(this.path, String(tgid), 'task', String(tid));
    mkdirSync(inProcess, { recursive: true });
    mkdirSync(join(this.path, String(tid)), { recursive: true });
    writeFileSync(join(inProcess, 'children'), children.map((child) => `${child} `).join(''));
    const zeros = '0 '.repeat(16);
    writeFileSync(
      join(this.path, String(tid), 'stat'),
      `${tid} (${comm}) ${state} ${ppid} 0 ${zeros}${startTicks} 0 0\n`,
    );
    writeFileSync(
      join(this.path, String(tid), 'status'),
      `Name:\t${comm}\nState:\t${state} (x)\nTgid:\t${tgid}\nPid:\t${tid}\nPPid:\t${ppid}\n`,
    );
  }

  end(tid: number): void {
    rmSync(join(this.path, String(tid)), { recursive: true });
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}
