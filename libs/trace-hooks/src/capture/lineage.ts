import { basename } from 'node:path';
import type { RawEvent } from '../raw-event.js';
import { startTicksOf } from '../tracefs/leftovers.js';
import { parentOf, readTask } from './task-scan.js';
import { NO_SLOT, type ThreadTable } from './thread-table.js';

const CLONE_THREAD = 0x10000;
const COMM_BYTES = 15;
/** Unknown threads looked up per second at most; only asked for after a loss. */
const LOOKUPS_PER_SECOND = 200;
const LOOKS_PER_SWEEP = 500;

/** Events that say who begins, ends, or changes its name or number. Always enabled, for whatever is traced. */
export const LINEAGE_EVENTS = {
  newtask: 'task/task_newtask',
  rename: 'task/task_rename',
  fork: 'sched/sched_process_fork',
  exec: 'sched/sched_process_exec',
  exit: 'sched/sched_process_exit',
} as const;

export type LineageStep = keyof typeof LINEAGE_EVENTS;

/** Who wants to know about the threads it follows. */
export interface ThreadWatcher {
  threadStarted(slot: number): void;
  threadEnded(slot: number, atNs: number): void;
}

/**
 * Keeps the thread table true by what the ring itself tells, so that it is right at the time of each event and not at
 * the time of reading it: a name is the one the thread had then, and a process that lived for a millisecond is known.
 */
export class Lineage {
  #lookupsLeft = LOOKUPS_PER_SECOND;
  readonly #foreign = new Set<number>();
  #suspects: ReadonlySet<number> = new Set();
  #sweepFrom = 0;

  constructor(
    private readonly threads: ThreadTable,
    private readonly procfsPath: string,
    private readonly watchersOf: (sessions: number) => Iterable<ThreadWatcher>,
  ) {}

  /** What must be known before the event is handed on. */
  before(step: LineageStep, event: RawEvent): void {
    if (step === 'newtask') this.#began(event);
    else if (step === 'fork') this.#forked(event);
    else if (step === 'exec') this.#executed(event);
  }

  /** What only holds after it. */
  after(step: LineageStep, event: RawEvent): void {
    if (step === 'exit') this.end(this.threads.slotOf(event.int('pid')), event.atNs);
    else if (step === 'rename') {
      const slot = this.threads.slotOf(event.int('pid'));
      if (slot !== NO_SLOT) this.threads.rename(slot, event.text('newcomm'));
    }
  }

  /** Adds a thread to sessions (a set of bits); known ones keep what they are. @returns bits that are new for it */
  follow(tid: number, tgid: number, comm: string, sessions: number, atNs: number): number {
    const { threads } = this;
    const slot = threads.slotOf(tid) || threads.add(tid, tgid, comm, atNs);
    if (slot === NO_SLOT) return 0;
    const before = threads.sessions[slot] ?? 0;
    threads.sessions[slot] = before | sessions;
    return sessions & ~before;
  }

  /** A thread ended. One that became known after that moment is another one with the same number. */
  end(slot: number, atNs: number): void {
    const { threads } = this;
    if (slot === NO_SLOT || (threads.sinceNs[slot] ?? 0) > atNs) return;
    for (const watcher of this.watchersOf(threads.sessions[slot] ?? 0)) watcher.threadEnded(slot, atNs);
    threads.remove(slot);
  }

  /** A thread that turned out to be dead before it could be followed; one that others follow ends by its own event. */
  forget(tid: number, sessions: number, atNs: number): void {
    const slot = this.threads.slotOf(tid);
    if (this.threads.sessions[slot] === sessions) this.end(slot, atNs);
  }

  #began(event: RawEvent): void {
    const isThread = (event.int('clone_flags') & CLONE_THREAD) !== 0;
    const tid = event.int('pid');
    this.#inherit(event, tid, isThread ? (this.threads.tgid[event.slot] ?? tid) : tid, event.text('comm'));
  }

  /** Only news when `task_newtask` was lost. */
  #forked(event: RawEvent): void {
    const tid = event.int('child_pid');
    const slot = this.threads.slotOf(tid);
    if (slot !== NO_SLOT && (this.threads.sinceNs[slot] ?? 0) >= event.atNs - 1e9) return;
    const task = readTask(this.procfsPath, tid);
    this.#inherit(event, tid, task?.tgid ?? tid, task?.comm ?? this.threads.comm(event.slot));
  }

  #inherit(event: RawEvent, tid: number, tgid: number, comm: string): void {
    const { threads } = this;
    const sessions = threads.sessions[event.slot] ?? 0;
    if (sessions === 0) return;
    const known = threads.slotOf(tid);
    let slot = known;
    if (known === NO_SLOT || (threads.sinceNs[known] ?? 0) < event.atNs) {
      this.end(known, event.atNs); // Its end was lost: the number belongs to somebody else now.
      slot = threads.add(tid, tgid, comm, event.atNs);
      if (slot === NO_SLOT) return;
    }
    const added = sessions & ~(threads.sessions[slot] ?? 0);
    threads.sessions[slot] = (threads.sessions[slot] ?? 0) | sessions;
    for (const watcher of this.watchersOf(added)) watcher.threadStarted(slot);
  }

  /**
   * A thread that is not the leader and calls exec takes over the number of the leader, which ended just before. Its
   * slot stays, and with it the open call.
   */
  #executed(event: RawEvent): void {
    const [tid, formerTid] = [event.int('pid'), event.int('old_pid')];
    const slot = this.threads.slotOf(formerTid);
    if (tid === formerTid || slot === NO_SLOT) return;
    this.end(this.threads.slotOf(tid), event.atNs);
    this.threads.renumber(slot, tid, tid);
    const name = Buffer.from(basename(event.text('filename'))).subarray(0, COMM_BYTES);
    this.threads.rename(slot, name.toString());
    event.slot = slot;
  }

  /**
   * The kernel let an event of an unknown thread pass: its birth is among the events that were lost. `/proc` says whose
   * child it is, if it still lives.
   * @returns its slot, or NO_SLOT when it belongs to nobody
   */
  adopt(tid: number, atNs: number): number {
    if (this.#foreign.has(tid) || this.#lookupsLeft === 0) return NO_SLOT;
    this.#lookupsLeft--;
    const task = readTask(this.procfsPath, tid);
    const sessions = task === undefined ? 0 : this.#sessionsOfFamily(task.tgid, tid);
    if (task === undefined || sessions === 0) {
      this.#foreign.add(tid);
      return NO_SLOT;
    }
    const slot = this.threads.add(tid, task.tgid, task.comm, atNs);
    this.threads.sessions[slot] = sessions;
    for (const watcher of this.watchersOf(sessions)) watcher.threadStarted(slot);
    return slot;
  }

  #sessionsOfFamily(tgid: number, tid: number): number {
    const { threads } = this;
    const ofProcess = threads.sessions[threads.slotOf(tgid)] ?? 0;
    return ofProcess === 0 ? (threads.sessions[threads.slotOf(parentOf(this.procfsPath, tid))] ?? 0) : ofProcess;
  }

  /**
   * After a loss, once a second: threads whose end was among what was lost. One must be found dead twice, so that its
   * last events, still on their way, come first.
   */
  sweep(nowNs: number): void {
    const { threads } = this;
    const suspects = new Set<number>();
    let looks = 0;
    for (const slot of threads.slots()) {
      if (slot < this.#sweepFrom) continue;
      if (++looks > LOOKS_PER_SWEEP) break;
      this.#sweepFrom = slot + 1;
      const tid = threads.tid[slot] ?? 0;
      if (startTicksOf(this.procfsPath, tid) !== undefined) continue;
      if (this.#suspects.has(tid)) this.end(slot, nowNs);
      else suspects.add(tid);
    }
    if (looks <= LOOKS_PER_SWEEP) this.#sweepFrom = 0;
    this.#suspects = looks <= LOOKS_PER_SWEEP ? suspects : new Set([...this.#suspects, ...suspects]);
  }

  /** Once a second: unknown threads may be looked up again. */
  refill(): void {
    this.#lookupsLeft = LOOKUPS_PER_SECOND;
    this.#foreign.clear();
  }
}
