/** A kernel for the capture engine: formats and tasks from plain files, rings whose records a test emits. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EventCatalog } from '../event-format.js';
import { Ring, type RingControl, type RingOptions } from '../capture/ring.js';
import { FakeProcfs } from './fake-procfs.js';
import { fakeTracefs, removeFakeTracefs } from './fake-tracefs.js';
import { PageBuilder, recordOf, type Value } from './page-builder.js';
import { PageQueue } from './page-queue.js';

const CPUS = 2;

export interface Emission {
  readonly cpu?: number;
  /** Before the record: lost, and whether its page says how many. */
  readonly lost?: number;
  readonly uncounted?: boolean;
  /** Nanoseconds before now. */
  readonly agoNs?: number;
  /** By default the one for followed threads. */
  readonly ring?: FakeRing;
}

export class FakeRing implements RingControl {
  readonly queues: readonly PageQueue[];
  readonly lost: number[] = Array<number>(CPUS).fill(0);
  readonly enabled = new Set<string>();
  excluded: number[] = [];
  isRecording = false;
  isRemoved = false;
  /** Thrown by the next call of that name. */
  readonly failures = new Map<keyof RingControl, Error>();

  constructor(
    readonly options: RingOptions,
    private readonly log: (entry: string) => void,
  ) {
    this.queues = Array.from({ length: CPUS }, (_, cpu) => new PageQueue(cpu, options.baseNs, 16));
  }

  get ring(): Ring {
    return new Ring({
      control: this,
      cpus: this.queues.map(({ cpu }) => cpu),
      readLost: (index) => this.lost[index] ?? 0,
      pagesPerCpu: 100,
    });
  }

  lose(cpu: number, count: number): void {
    this.lost[cpu] = (this.lost[cpu] ?? 0) + count;
  }

  setRecording(on: boolean): Promise<void> {
    this.isRecording = on;
    return this.#done('setRecording', on ? 'record' : 'stop');
  }

  addTids(tids: Iterable<number>): Promise<void> {
    return this.#done('addTids', `follow ${[...tids].join(' ')}`);
  }

  excludeTids(tids: Iterable<number>): Promise<void> {
    this.excluded.push(...tids);
    return this.#done('excludeTids', `exclude ${[...tids].join(' ')}`);
  }

  excludedTids(): number[] {
    return this.excluded;
  }

  replaceExcluded(tids: Iterable<number>): Promise<void> {
    this.excluded = [...tids];
    return this.#done('replaceExcluded', `exclude only ${this.excluded.join(' ')}`);
  }

  setEvents(wanted: ReadonlySet<string>): Promise<void> {
    this.enabled.clear();
    for (const event of wanted) this.enabled.add(event);
    return this.#done('setEvents', `events ${[...wanted].filter((event) => !/process_|task_/.test(event)).join(' ')}`);
  }

  remove(): Promise<void> {
    this.isRemoved = true;
    return this.#done('remove', 'remove');
  }

  #done(name: keyof RingControl, entry: string): Promise<void> {
    const failure = this.failures.get(name);
    this.failures.delete(name);
    if (failure !== undefined) return Promise.reject(failure);
    this.log(this.options.name.endsWith('_host') ? `host: ${entry}` : entry);
    return new Promise(setImmediate);
  }
}

export class FakeKernel {
  readonly tracefsPath: string;
  readonly procfs = new FakeProcfs([1000, 1001]);
  readonly catalog: EventCatalog;
  readonly log: string[] = [];
  readonly rings: FakeRing[] = [];

  constructor() {
    this.tracefsPath = fakeTracefs();
    mkdirSync(join(this.tracefsPath, 'instances'));
    writeFileSync(
      join(this.tracefsPath, 'events', 'header_page'),
      'field: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\nfield: char data;\toffset:16;\tsize:4080;\tsigned:0;\n',
    );
    this.catalog = new EventCatalog(this.tracefsPath);
  }

  readonly openRing = (options: RingOptions): Promise<Ring> => {
    const ring = new FakeRing(options, (entry) => this.log.push(entry));
    this.rings.push(ring);
    return Promise.resolve(ring.ring);
  };

  /** The ring for followed threads that was made last. */
  get main(): FakeRing {
    const ring = this.rings.findLast(({ options }) => !options.name.endsWith('_host'));
    if (ring === undefined) throw new Error('no ring has been made');
    return ring;
  }

  get host(): FakeRing {
    const ring = this.rings.findLast(({ options }) => options.name.endsWith('_host'));
    if (ring === undefined) throw new Error('no host-wide ring has been made');
    return ring;
  }

  /** Records an event now, if the ring records and has it enabled. */
  emit(tid: number, event: string, values: Readonly<Record<string, Value>> = {}, more: Emission = {}): void {
    const { cpu = 0, lost = 0, agoNs = 0, ring = this.main } = more;
    ring.lose(cpu, lost);
    if (!ring.isRecording || !ring.enabled.has(event)) return;
    const page = new PageBuilder(process.hrtime.bigint() - BigInt(agoNs));
    page.record(0, recordOf(this.catalog.format(event), tid, values));
    if (lost > 0) page.lostBefore(more.uncounted === true ? undefined : BigInt(lost));
    ring.queues[cpu]?.push(page.build());
  }

  remove(): void {
    removeFakeTracefs(this.tracefsPath);
    this.procfs.remove();
  }
}
