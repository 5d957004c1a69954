import type { EventFormat } from '../event-format.js';
import { RawEvent } from '../raw-event.js';
import type { RingCpu } from '../ring/ring-cpu.js';
import type { EventVisitor } from '../ring/ring-merge.js';
import { type Lineage, LINEAGE_EVENTS, type LineageStep, type ThreadWatcher } from './lineage.js';
import { NO_SLOT, type ThreadTable } from './thread-table.js';

const EVENT_IDS = 0x10000;
/** Sessions at once: one bit each. */
export const MAX_SESSIONS = 32;

/** A session as the stream of events sees it. */
export interface EventReceiver extends ThreadWatcher {
  onEvent(event: RawEvent): void;
}

/** Events, by name, that concern a second thread besides the one that runs, and the field that names it. */
function secondThreadOf(format: EventFormat): string | undefined {
  if (!format.name.startsWith('sched/') || format.name.startsWith('sched/sched_process_')) return undefined;
  return ['next_pid', 'pid'].find((field) => format.find(field)?.size === 4);
}

/**
 * Gives each record to the sessions that follow its thread and want its event. Flat tables by event id and by thread:
 *
 * ```
 *   record ─ id ──► wanted[id]             a bit per session ─┐
 *          └ tid ─► slot ─► sessions[slot] a bit per session ─┴─ and ─► deliver to each bit
 * ```
 * Host-wide rings skip the second table. A record of a thread that no session follows (any more) costs two loads.
 */
export class Demux implements EventVisitor {
  /** Records that are too short for their event, or of no event that was ever enabled. */
  malformed = 0;
  /** Set after a loss: unknown threads are then looked up. */
  isLossy = false;
  readonly #event = new RawEvent();
  readonly #receivers: (EventReceiver | undefined)[] = new Array<EventReceiver | undefined>(MAX_SESSIONS).fill(
    undefined,
  );
  readonly #formats = new Array<EventFormat | undefined>(EVENT_IDS).fill(undefined);
  readonly #wanted = new Int32Array(EVENT_IDS);
  readonly #wantedHostWide = new Int32Array(EVENT_IDS);
  /** 1 for events that take the longer way: lineage, and those that concern a second thread. */
  readonly #isSpecial = new Uint8Array(EVENT_IDS);
  readonly #secondThread = new Map<number, string>();
  readonly #lineageStep = new Map<number, LineageStep>();
  readonly #hostWide = new Set<RingCpu>();
  #cpu: RingCpu | undefined;
  #isHostWide = false;

  constructor(
    private readonly threads: ThreadTable,
    private readonly lineage: Lineage,
    private readonly pause: { readonly isFull: boolean },
  ) {}

  get isPaused(): boolean {
    return this.pause.isFull;
  }

  /** Marks the CPUs of a ring that records whichever thread runs. */
  addHostWide(cpus: Iterable<RingCpu>): void {
    for (const cpu of cpus) this.#hostWide.add(cpu);
  }

  /** Makes the format of an event known; needed before its first record. */
  learn(format: EventFormat): void {
    const { id } = format;
    this.#formats[id] = format;
    const second = secondThreadOf(format);
    const step = (Object.keys(LINEAGE_EVENTS) as LineageStep[]).find((key) => LINEAGE_EVENTS[key] === format.name);
    if (second !== undefined) this.#secondThread.set(id, second);
    if (step !== undefined) this.#lineageStep.set(id, step);
    this.#isSpecial[id] = second === undefined && step === undefined ? 0 : 1;
  }

  /** From now on the session gets these events. @param index 0…31, its bit */
  attach(index: number, receiver: EventReceiver, events: readonly EventFormat[], host: readonly EventFormat[]): void {
    this.#receivers[index] = receiver;
    for (const format of [...events, ...host]) this.learn(format);
    for (const { id } of events) this.#wanted[id] = (this.#wanted[id] ?? 0) | (1 << index);
    for (const { id } of host) this.#wantedHostWide[id] = (this.#wantedHostWide[id] ?? 0) | (1 << index);
  }

  /** The session ends: it gets nothing more, and threads that nobody else follows are forgotten. @returns their ids */
  detach(index: number): number[] {
    const { threads } = this;
    const others = ~(1 << index);
    for (let id = 0; id < EVENT_IDS; id++) {
      this.#wanted[id] = (this.#wanted[id] ?? 0) & others;
      this.#wantedHostWide[id] = (this.#wantedHostWide[id] ?? 0) & others;
    }
    this.#receivers[index] = undefined;
    const left: number[] = [];
    for (const slot of threads.slots()) {
      const sessions = (threads.sessions[slot] ?? 0) & others;
      if (sessions === (threads.sessions[slot] ?? 0)) continue;
      threads.sessions[slot] = sessions;
      if (sessions !== 0) continue;
      left.push(threads.tid[slot] ?? 0);
      threads.remove(slot);
    }
    return left;
  }

  /** The sessions of a set of bits. */
  *receiversOf(sessions: number): Generator<EventReceiver> {
    for (let left = sessions; left !== 0;) {
      const index = 31 - Math.clz32(left);
      left &= ~(1 << index);
      const receiver = this.#receivers[index];
      if (receiver !== undefined) yield receiver;
    }
  }

  visit(cpu: RingCpu): void {
    if (cpu !== this.#cpu) this.#goTo(cpu);
    const { cursor, words } = cpu;
    const event = this.#event;
    const word = cursor.recordAt >> 2;
    const id = (words[word] ?? 0) & 0xffff;
    const format = this.#formats[id];
    if (format === undefined || cursor.recordBytes < format.minLength) {
      this.malformed++;
      return;
    }
    event.format = format;
    event.offset = cursor.recordAt;
    event.length = cursor.recordBytes;
    event.atNs = cursor.atNs;
    const tid = (event.tid = (words[word + 1] ?? 0) | 0);
    const slot = (event.slot = this.threads.slotOf(tid));
    if (this.#isHostWide || this.#isSpecial[id] !== 0 || slot === NO_SLOT) this.#visitSpecial(id, event);
    else this.#deliver((this.threads.sessions[slot] ?? 0) & (this.#wanted[id] ?? 0), event);
  }

  #goTo(cpu: RingCpu): void {
    this.#cpu = cpu;
    this.#isHostWide = this.#hostWide.has(cpu);
    this.#event.page = cpu.memory;
    this.#event.words = cpu.words;
    this.#event.cpu = cpu.cpu;
  }

  #deliver(sessions: number, event: RawEvent): void {
    for (let left = sessions; left !== 0;) {
      const index = 31 - Math.clz32(left);
      left &= ~(1 << index);
      this.#receivers[index]?.onEvent(event);
    }
  }

  #visitSpecial(id: number, event: RawEvent): void {
    if (this.#isHostWide) {
      this.#deliver(this.#wantedHostWide[id] ?? 0, event);
      return;
    }
    const step = this.#lineageStep.get(id);
    if (event.slot === NO_SLOT && this.isLossy && event.tid > 0) event.slot = this.lineage.adopt(event.tid, event.atNs);
    if (step !== undefined) this.lineage.before(step, event);
    const { threads } = this;
    const second = this.#secondThread.get(id);
    const secondSlot = second === undefined ? NO_SLOT : threads.slotOf(event.int(second));
    const sessions = (threads.sessions[event.slot] ?? 0) | (threads.sessions[secondSlot] ?? 0);
    this.#deliver(sessions & (this.#wanted[id] ?? 0), event);
    if (step !== undefined) this.lineage.after(step, event);
  }
}
