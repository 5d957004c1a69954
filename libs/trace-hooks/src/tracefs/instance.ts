import { closeSync, constants, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { appendFile, mkdir, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf, TracerError } from '@tracer/base';

const REMOVE_ATTEMPTS = 100;
const REMOVE_PAUSE_MS = 20;
const STATS_BYTES = 1024;

/** The two open files of one CPU's ring. */
export interface CpuFiles {
  readonly cpu: number;
  /** `trace_pipe_raw`, never blocking. */
  readonly pages: number;
  readonly stats: number;
}

/**
 * One tracefs instance: a ring buffer per CPU with events, options and a filter of its own. The methods are the rules of
 * `RATIONALE.md` in code: the filter is only ever added to while it is live, every write is one batch, and descriptors
 * are closed before the directory goes.
 *
 * Writes go through the libuv pool, because those to the filter wait for a grace period of the kernel (30–40 ms), and
 * the thread that calls this has a ring to empty meanwhile.
 */
export class TracefsInstance {
  readonly path: string;
  readonly #enabled = new Set<string>();
  readonly #files: CpuFiles[] = [];

  private constructor(
    private readonly tracefsPath: string,
    name: string,
  ) {
    this.path = join(tracefsPath, 'instances', name);
  }

  /**
   * Makes the instance, silent: nothing is recorded before `setRecording(true)`.
   * @param bufferKb memory of the ring per CPU
   * @throws TracerError HOOK_UNAVAILABLE
   */
  static async create(tracefsPath: string, name: string, bufferKb: number): Promise<TracefsInstance> {
    const instance = new TracefsInstance(tracefsPath, name);
    try {
      await mkdir(instance.path);
    } catch (error) {
      throw new TracerError('HOOK_UNAVAILABLE', `no tracefs instance: ${reasonOf(error)}`, { cause: error });
    }
    try {
      // A new instance records from the start; switch it off before anything else.
      await instance.#write('tracing_on', '0');
      await instance.#write('trace_clock', 'mono');
      await instance.#write('buffer_size_kb', String(bufferKb));
      await instance.#write('options/overwrite', '1');
      await instance.#write('options/event-fork', '1');
    } catch (error) {
      await instance.remove();
      throw new TracerError('HOOK_UNAVAILABLE', `the tracefs instance cannot be set up: ${reasonOf(error)}`, {
        cause: error,
      });
    }
    return instance;
  }

  async setRecording(on: boolean): Promise<void> {
    await this.#write('tracing_on', on ? '1' : '0');
  }

  /** Adds threads to those whose events are recorded. One write, so one grace period, however many they are. */
  async addTids(tids: Iterable<number>): Promise<void> {
    await this.#append('set_event_pid', tids);
  }

  /** Adds threads to those whose events are never recorded. */
  async excludeTids(tids: Iterable<number>): Promise<void> {
    await this.#append('set_event_notrace_pid', tids);
  }

  excludedTids(): number[] {
    const text = readFileSync(join(this.path, 'set_event_notrace_pid'), 'utf8');
    return text.split('\n').filter(Boolean).map(Number);
  }

  /** Replaces the excluded threads; for a moment none is excluded. */
  async replaceExcluded(tids: Iterable<number>): Promise<void> {
    await writeFile(join(this.path, 'set_event_notrace_pid'), listOf(tids));
  }

  /** Enables what is wanted and disables what is not any more; whole groups in one write. */
  async setEvents(wanted: ReadonlySet<string>): Promise<void> {
    await this.#switch(difference(wanted, this.#enabled), '1', (event) => this.#enabled.add(event));
    await this.#switch(difference(this.#enabled, wanted), '0', (event) => this.#enabled.delete(event));
  }

  async #switch(events: string[], value: '0' | '1', done: (event: string) => void): Promise<void> {
    for (const [group, members] of groupBy(events)) {
      if (members.length > 8 && members.length === this.#groupSize(group)) {
        await this.#write(`events/${group}/enable`, value);
      } else {
        for (const event of members) await this.#write(`events/${event}/enable`, value);
      }
      members.forEach(done);
    }
  }

  #groupSize(group: string): number {
    const entries = readdirSync(join(this.tracefsPath, 'events', group), { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).length;
  }

  /** Opens the rings of all CPUs. */
  openCpus(): readonly CpuFiles[] {
    const cpus = readdirSync(join(this.path, 'per_cpu')).flatMap((name) => /^cpu(\d+)$/.exec(name)?.[1] ?? []);
    for (const cpu of cpus.map(Number).sort((a, b) => a - b)) {
      const directory = join(this.path, 'per_cpu', `cpu${cpu}`);
      const pages = openSync(join(directory, 'trace_pipe_raw'), constants.O_RDONLY | constants.O_NONBLOCK);
      this.#files.push({ cpu, pages, stats: openSync(join(directory, 'stats'), 'r') });
    }
    return this.#files;
  }

  /** Closes the rings and removes the directory; what was recorded and not read is gone. */
  async remove(): Promise<void> {
    for (const { pages, stats } of this.#files.splice(0)) {
      closeSync(pages);
      closeSync(stats);
    }
    for (let attempt = 1; ; attempt++) {
      try {
        await rmdir(this.path);
        return;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ENOENT') return;
        if (code !== 'EBUSY' || attempt === REMOVE_ATTEMPTS) throw error;
      }
      await sleep(REMOVE_PAUSE_MS);
    }
  }

  async #write(file: string, text: string): Promise<void> {
    await writeFile(join(this.path, file), text, { flag: 'r+' });
  }

  async #append(file: string, tids: Iterable<number>): Promise<void> {
    const text = listOf(tids);
    if (text !== '') await appendFile(join(this.path, file), text);
  }
}

function listOf(tids: Iterable<number>): string {
  return [...tids].join(' ');
}

function difference(from: Iterable<string>, without: ReadonlySet<string>): string[] {
  return [...from].filter((event) => !without.has(event));
}

function groupBy(events: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const event of events) {
    const group = event.slice(0, event.indexOf('/'));
    const members = groups.get(group);
    if (members === undefined) groups.set(group, [event]);
    else members.push(event);
  }
  return groups;
}

const statsBuffer = Buffer.alloc(STATS_BYTES);

/** Events that this CPU's ring has lost since it was made: overwritten, or never let in. */
export function readLost(statsFd: number): number {
  const text = statsBuffer.toString('latin1', 0, readSync(statsFd, statsBuffer, 0, STATS_BYTES, 0));
  const field = (name: string): number => Number(new RegExp(`^${name}: (\\d+)`, 'm').exec(text)?.[1] ?? 0);
  return field('overrun') + field('commit overrun') + field('dropped events');
}
