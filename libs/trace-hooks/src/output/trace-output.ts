import type { TraceSink } from '../native-hook.js';
import { grown, tagStart, type ThreadTable } from '../capture/thread-table.js';
import { SummaryBuilder } from '../summary.js';
import { SLACK_BYTES } from './block-pool.js';
import { stamp, type LineBuffer, type Stamp } from './line-buffer.js';
import type { PfwWriter } from './pfw-writer.js';

const ID = stamp('{"id":');
const DURATION = stamp(',"dur":');
const ARGS = stamp(',"ph":"X","args":{"dur_ns":');
const INSTANT_ARGS = stamp(',"dur":0,"ph":"X","args":{');
const END = stamp('}}\n');
/** What a line has besides its names and arguments, at most. */
const FIXED_LINE_BYTES = 512;
/** Names of hooks and phases that are kept as stamps; a hook that invents more gets the slower way. */
const MAX_STAMPS = 4096;

/** What happened at time 0 of the capture, as epoch time in two exact parts. */
export interface EpochBase {
  readonly epochUs: number;
  /** 0…999 */
  readonly restNs: number;
}

/**
 * The lines of one session run: `id`, names, epoch times, limits and totals. Decoders of other hooks use `complete` and
 * `instant`; the decoder of system calls writes the tail of each line itself, between `begin` and `end`.
 */
export class TraceOutput implements TraceSink {
  readonly summary = new SummaryBuilder();
  readonly lines: LineBuffer;
  /** Lines that stand for something traced; not names, not notes about loss. */
  events = 0;
  #nextId = 1;
  #introduced = new Int32Array(0);
  readonly #processNames = new Map<number, string>();
  readonly #stamps = new Map<string, Stamp>();

  constructor(
    private readonly threads: ThreadTable,
    private readonly writer: PfwWriter,
    private readonly base: EpochBase,
    private readonly maxEvents = Infinity,
  ) {
    this.lines = writer.lines;
  }

  /** A limit has been reached, nothing is written any more. */
  get isFull(): boolean {
    return this.events >= this.maxEvents || this.writer.isFull;
  }

  /**
   * Begins a line of a known thread: everything up to and including `"dur_ns":…`. Further members of `args` begin with
   * their comma, and then comes `end`.
   * @param head `,"name":…,"cat":…,"pid":`
   * @returns false when the session has all the events it wanted; then write nothing
   */
  begin(head: Stamp, slot: number, startNs: number, endNs: number): boolean {
    if (this.isFull) return false;
    if (this.#introduced[slot] !== this.threads.nameVersion[slot]) this.#introduce(slot);
    this.writer.openLine();
    const { lines, threads } = this;
    lines.stamp(ID);
    lines.natural(this.#nextId++);
    lines.stamp(head);
    lines.copy(threads.tags, tagStart(slot), threads.tagLength[slot] ?? 0);
    const startUs = this.epochUs(startNs);
    lines.natural(startUs);
    lines.stamp(DURATION);
    lines.natural(this.epochUs(endNs) - startUs);
    lines.stamp(ARGS);
    lines.natural(endNs - startNs);
    return true;
  }

  end(): void {
    this.events++;
    this.lines.stamp(END);
    this.writer.closeLine();
  }

  /** How much later than `base` another epoch is, µs. */
  shiftTo(base: EpochBase): number {
    return base.epochUs - this.base.epochUs;
  }

  epochUs(atNs: number): number {
    return this.base.epochUs + Math.floor((this.base.restNs + atNs) / 1000);
  }

  complete(name: string, category: string, tid: number, startNs: number, endNs: number, args: string): void {
    this.summary.of(name).finished(endNs - startNs);
    this.#write(name, category, tid, startNs, endNs, args);
  }

  instant(name: string, category: string, tid: number, atNs: number, args: string): void {
    this.#write(name, category, tid, atNs, atNs, args);
  }

  count(name: string, by = 1): void {
    this.summary.count(name, by);
  }

  #write(name: string, category: string, tid: number, startNs: number, endNs: number, args: string): void {
    if (3 * (name.length + category.length + args.length) > SLACK_BYTES - FIXED_LINE_BYTES) {
      this.count('lines too long');
      return;
    }
    const slot = this.threads.slotOf(tid);
    const head = this.#headOf(name, category);
    if (slot !== 0 && head !== undefined) {
      if (!this.begin(head, slot, startNs, endNs)) return;
    } else if (!this.#beginUnknown(name, category, tid, startNs, endNs)) return;
    if (args !== '') this.lines.text(`,${args}`);
    this.end();
  }

  #headOf(name: string, category: string): Stamp | undefined {
    const key = `${category}\0${name}`;
    let head = this.#stamps.get(key);
    if (head === undefined && this.#stamps.size < MAX_STAMPS) {
      const text = headText(name, category);
      // eslint-disable-next-line no-control-regex -- stamps are ASCII
      if (!/^[\x00-\x7e]*$/.test(text)) return undefined;
      this.#stamps.set(key, (head = stamp(text)));
    }
    return head;
  }

  /** The same line for a thread that nobody follows (its events concern the session all the same) or an odd name. */
  #beginUnknown(name: string, category: string, tid: number, startNs: number, endNs: number): boolean {
    if (this.isFull) return false;
    this.writer.openLine();
    const startUs = this.epochUs(startNs);
    const pid = this.threads.tgid[this.threads.slotOf(tid)] ?? 0;
    this.lines.text(
      `{"id":${this.#nextId++}${headText(name, category)}${pid === 0 ? tid : pid},"tid":${tid},"ts":${startUs},"dur":` +
        `${this.epochUs(endNs) - startUs},"ph":"X","args":{"dur_ns":${endNs - startNs}`,
    );
    return true;
  }

  /**
   * A line about the trace itself, outside of limits and totals.
   * @param args members of `args`, without braces
   */
  note(name: string, atNs: number, args: string): void {
    this.writer.openLine();
    this.lines.text(`{"id":${this.#nextId++},"name":${JSON.stringify(name)},"cat":"tracer","pid":0,"tid":0,"ts":`);
    this.lines.natural(this.epochUs(atNs));
    this.lines.stamp(INSTANT_ARGS);
    this.lines.text(args);
    this.lines.stamp(END);
    this.writer.closeLine();
  }

  /** Names are written again with the next line of each thread: for someone who begins to watch. */
  forgetNames(): void {
    this.#introduced.fill(0);
    this.#processNames.clear();
  }

  /** A thread ended, and with its leader a process: the table of names must not grow with every process there ever was. */
  threadEnded(slot: number): void {
    if (this.threads.tid[slot] === this.threads.tgid[slot]) this.#processNames.delete(this.threads.tgid[slot] ?? 0);
  }

  /** Says the names of a thread and its process in front of its first line, and again when they change. */
  #introduce(slot: number): void {
    const { threads } = this;
    if (slot >= this.#introduced.length) this.#introduced = grown(this.#introduced, new Int32Array(threads.capacity));
    this.#introduced[slot] = threads.nameVersion[slot] ?? 0;
    const [tid, tgid] = [threads.tid[slot] ?? 0, threads.tgid[slot] ?? 0];
    const leader = threads.comm(threads.slotOf(tgid)) || threads.comm(slot);
    if (this.#processNames.get(tgid) !== leader) {
      this.#processNames.set(tgid, leader);
      this.#metadata('process_name', tgid, tgid, leader);
    }
    this.#metadata('thread_name', tgid, tid, threads.comm(slot));
  }

  #metadata(kind: string, tgid: number, tid: number, name: string): void {
    this.writer.openLine();
    this.lines.text(
      `{"id":${this.#nextId++},"name":"${kind}","cat":"dftracer","pid":${tgid},"tid":${tid},"ph":"M","args":` +
        `{"name":${JSON.stringify(name)},"value":"${kind}"}}\n`,
    );
    this.writer.closeLine();
  }
}

function headText(name: string, category: string): string {
  return `,"name":${JSON.stringify(name)},"cat":${JSON.stringify(category)},"pid":`;
}
