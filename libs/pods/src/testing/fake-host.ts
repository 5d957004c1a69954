import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const HOST_NAMESPACES = { pid: '4026531836', uts: '4026531838', mnt: '4026531832' } as const;

export interface FakeProcess {
  readonly pid: number;
  readonly parent?: number;
  readonly command?: string;
  /** A path in the unified hierarchy, or whole lines of `/proc/<pid>/cgroup`. Default: the root cgroup. */
  readonly cgroup?: string | readonly string[];
  readonly isKernelThread?: boolean;
  readonly startTicks?: number;
  /** State of the main thread, `S` unless given. */
  readonly state?: string;
  /** Numbers of the namespaces; those of the host where not given; `null` hides them all. */
  readonly namespaces?: Partial<Record<'pid' | 'uts' | 'mnt', string>> | null;
  readonly environment?: Readonly<Record<string, string>>;
  /** Content of the `/etc/hostname` that the process sees. */
  readonly hostNameFile?: string;
  /** Thread ids besides the main one. */
  readonly threads?: readonly number[];
  /** Whether the cgroup file system lists the process too (unified hierarchy only). Default: false. */
  readonly inCgroupfs?: boolean;
}

/** A directory with `proc`, `sys` and `run` that look like those of a host; for tests. */
export class FakeHost {
  readonly root = mkdtempSync(join(tmpdir(), 'fake-host-'));
  readonly procfsPath = join(this.root, 'proc');
  readonly sysfsPath = join(this.root, 'sys');
  readonly runPath = join(this.root, 'run');

  constructor() {
    for (const path of [this.procfsPath, this.sysfsPath, this.runPath]) mkdirSync(path);
  }

  /** A host of which only process 1 and two kernel threads are there. */
  static booted(): FakeHost {
    const host = new FakeHost();
    host.add({ pid: 1, command: 'systemd', cgroup: '/init.scope' });
    host.add({ pid: 2, command: 'kthreadd', isKernelThread: true });
    host.add({ pid: 3, parent: 2, command: 'kworker/0:0-events', isKernelThread: true });
    return host;
  }

  add(process: FakeProcess): void {
    const { pid, cgroup = '/' } = process;
    this.write(`proc/${pid}/stat`, statLine(process));
    const lines = typeof cgroup === 'string' ? [`0::${cgroup}`] : cgroup;
    this.write(`proc/${pid}/cgroup`, `${lines.join('\n')}\n`);
    this.#addSurroundings(process);
    if (process.inCgroupfs === true && typeof cgroup === 'string') this.joinCgroup('', cgroup, pid);
  }

  /** Lists a process in the cgroup file system, `hierarchy` being '' (unified), `unified` or v1 controllers. */
  joinCgroup(hierarchy: string, path: string, pid: number): void {
    const file = join(this.sysfsPath, 'fs/cgroup', hierarchy, path, 'cgroup.procs');
    mkdirSync(dirname(file), { recursive: true });
    appendFileSync(file, `${pid}\n`);
  }

  end(pid: number): void {
    rmSync(join(this.procfsPath, String(pid)), { recursive: true });
  }

  write(path: string, content: string): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  #addSurroundings({ pid, environment = {}, threads = [], hostNameFile, namespaces = {} }: FakeProcess): void {
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}\0`);
    this.write(`proc/${pid}/environ`, variables.join(''));
    for (const tid of [pid, ...threads]) mkdirSync(join(this.procfsPath, `${pid}/task/${tid}`), { recursive: true });
    if (hostNameFile !== undefined) this.write(`proc/${pid}/root/etc/hostname`, `${hostNameFile}\n`);
    if (namespaces === null) return;
    mkdirSync(join(this.procfsPath, `${pid}/ns`));
    for (const [kind, number] of Object.entries({ ...HOST_NAMESPACES, ...namespaces })) {
      symlinkSync(`${kind}:[${number}]`, join(this.procfsPath, `${pid}/ns/${kind}`));
    }
  }
}

/** `/proc/<pid>/stat`: of its fields, flags (9), number of threads (20) and start time (22) mean something here. */
function statLine({ pid, parent = 0, command = 'sh', state = 'S', ...process }: FakeProcess): string {
  const flags = process.isKernelThread === true ? 0x0020_8040 : 0x0040_0000;
  const threads = 1 + (process.threads?.length ?? 0);
  const before = `${pid} (${command}) ${state} ${parent} 1 1 0 -1 ${flags}`;
  return `${before} ${'0 '.repeat(10)}${threads} 0 ${process.startTicks ?? pid * 10} 0 0\n`;
}

/** A container or pod id of full length that can be told apart by its first characters. */
export function fakeId(seed: string): string {
  return Buffer.from(seed).toString('hex').padEnd(64, '0').slice(0, 64);
}
