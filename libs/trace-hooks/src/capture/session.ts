import { reasonOf } from '@tracer/base';
import type { EventDecoder } from '../native-hook.js';
import type { PfwWriter } from '../output/pfw-writer.js';
import type { EpochBase, TraceOutput } from '../output/trace-output.js';
import type { RawEvent } from '../raw-event.js';
import type { CallSummary } from '../summary.js';
import type { CaptureCounts, CaptureLimits, CaptureReason, CaptureResult } from './capture-types.js';
import type { EventReceiver } from './demux.js';
import type { Ring } from './ring.js';
import { SessionLoss } from './session-loss.js';

/** Lines wait this long for company before they go to the disk. */
const FLUSH_MS = 1000;
/** A disk that takes nothing for so long is given up; until then the rings fill, and what they lose is counted. */
const STALL_MS = 30_000;
/** How long a session without living threads waits for new ones. */
const EMPTY_GRACE_NS = 500_000_000;

export interface SessionParts {
  readonly id: string;
  /** Its bit in the tables. */
  readonly index: number;
  readonly writer: PfwWriter;
  readonly output: TraceOutput;
  readonly decoder: EventDecoder;
  readonly limits: CaptureLimits;
  /** Records so far, of all sessions, whose bytes made no sense. */
  readonly malformed: () => number;
}

/** One run of a session inside the capture: what it received, what it lost, when and why it ends. */
export class Session implements EventReceiver {
  readonly id: string;
  readonly index: number;
  /** Living threads it follows. */
  tasks = 0;
  /** Events outside of these bounds are not its own. */
  startNs = Infinity;
  stopNs = Infinity;
  /** Set when the session is to end, by whom or what comes first. */
  reason: CaptureReason | undefined;
  #records = 0;
  #deadlineNs = Infinity;
  #emptySinceNs: number | undefined;
  readonly #losses = new Map<Ring, SessionLoss>();
  #malformedBefore = 0;
  /** The figures of the end, which later losses on the shared ring no longer touch. */
  #final: Pick<CaptureCounts, 'lost' | 'lostByCpu' | 'malformed' | 'stoppedAtUs'> | undefined;
  #result: Promise<CaptureResult> | undefined;

  constructor(private readonly parts: SessionParts) {
    this.id = parts.id;
    this.index = parts.index;
  }

  /** Recording begins for this session. */
  begin(nowNs: number, rings: readonly Ring[]): void {
    this.startNs = nowNs;
    this.#malformedBefore = this.parts.malformed();
    const { timeMs } = this.parts.limits;
    if (timeMs !== undefined) this.#deadlineNs = nowNs + timeMs * 1e6;
    for (const ring of rings) this.#losses.set(ring, new SessionLoss(ring.lostNow().slice(), ring.lost));
  }

  onEvent(event: RawEvent): void {
    if (event.atNs < this.startNs || event.atNs > this.stopNs) return;
    this.#records++;
    try {
      this.parts.decoder.onEvent(event);
    } catch (error) {
      this.end(`failed: ${event.eventName}: ${reasonOf(error)}`, event.atNs);
    }
  }

  threadStarted(slot: number): void {
    this.tasks++;
    this.parts.decoder.threadStarted?.(slot);
  }

  threadEnded(slot: number, atNs: number): void {
    this.tasks--;
    this.parts.decoder.threadEnded?.(slot, Math.min(Math.max(atNs, this.startNs), this.stopNs));
    this.parts.output.threadEnded(slot);
  }

  get isBegun(): boolean {
    return this.startNs !== Infinity;
  }

  /** It never began: its file is closed, nobody is told. */
  async abandon(): Promise<void> {
    await this.parts.writer.close();
  }

  /** Asks for the end: events after `atNs` are not wanted. The first reason stays. */
  end(reason: CaptureReason, atNs: number): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.stopNs = Math.max(atNs, this.isBegun ? this.startNs : 0);
  }

  /** Events were overwritten before the page that begins at `atNs`. */
  gap(ring: Ring, index: number, atNs: number, marked: number, uncounted: boolean): void {
    const loss = this.#losses.get(ring);
    if (loss === undefined || atNs < this.startNs) return;
    ring.lostOn(index);
    const count = loss.gap(index, marked);
    if (count > 0 || uncounted) this.#noteLoss(ring, index, Math.min(atNs, this.stopNs), count, uncounted);
  }

  #noteLoss(ring: Ring, index: number, atNs: number, count: number, uncounted: boolean): void {
    const cpu = ring.cpus[index]?.cpu ?? index;
    const more = uncounted ? ',"uncounted":true' : '';
    this.parts.output.note('events lost', atNs, `"cpu":${cpu},"count":${count}${more}`);
  }

  /** Somebody set the time of day; the session keeps the one that it began with and says how much they differ. */
  noteClock(atNs: number, base: EpochBase): void {
    const { output } = this.parts;
    if (this.isBegun) output.note('clock set', atNs, `"shift_us":${output.shiftTo(base)}`);
  }

  /**
   * After each drain: limits, watchers, the age of lines.
   * @param releasedNs events up to here have been handed over: a limit that is reached ends the session here, and what
   * still waits in the ring is not its own any more
   */
  check(nowNs: number, releasedNs: number): void {
    if (!this.isBegun || this.reason !== undefined) return;
    const { output, writer } = this.parts;
    writer.showTap();
    writer.sealOlderThan(FLUSH_MS);
    writer.giveUpAfter(STALL_MS);
    if (writer.failure !== undefined) this.end(`failed: ${writer.failure.message}`, releasedNs);
    else if (output.isFull) this.end(writer.isFull ? 'byte limit' : 'event limit', releasedNs);
    else if (nowNs >= this.#deadlineNs) this.end('time limit', this.#deadlineNs);
    else this.#checkTasks(nowNs);
  }

  #checkTasks(nowNs: number): void {
    if (this.tasks > 0) this.#emptySinceNs = undefined;
    else {
      this.#emptySinceNs ??= nowNs;
      if (nowNs - this.#emptySinceNs >= EMPTY_GRACE_NS) this.end('no tasks left', nowNs);
    }
  }

  /**
   * All its events have been handed over: writes what is open, closes the file. What needs the thread table is done
   * before this returns. The same result for every caller.
   */
  finish(): Promise<CaptureResult> {
    this.#result ??= this.#finish();
    return this.#result;
  }

  async #finish(): Promise<CaptureResult> {
    const { decoder, output, writer } = this.parts;
    try {
      decoder.finish(this.stopNs);
    } catch (error) {
      if (this.reason?.startsWith('failed') !== true) this.reason = `failed: ${reasonOf(error)}`;
    }
    for (const [ring, loss] of this.#losses) {
      ring.cpus.forEach((_, index) => {
        const rest = loss.rest(index);
        if (rest > 0) this.#noteLoss(ring, index, this.stopNs, rest, false);
      });
    }
    this.#final = { ...this.#troubles(), stoppedAtUs: output.epochUs(this.stopNs) };
    await writer.close();
    if (writer.failure !== undefined) this.reason = `failed: ${writer.failure.message}`;
    return { reason: this.reason ?? 'stopped', counts: this.counts(), summary: this.summary() };
  }

  #troubles(): Pick<CaptureCounts, 'lost' | 'lostByCpu' | 'malformed'> {
    const lostByCpu: Record<string, number> = {};
    let lost = 0;
    for (const [ring, loss] of this.#losses) {
      ring.cpus.forEach(({ cpu }, index) => {
        const here = loss.lostOn(index);
        lost += here;
        if (here > 0) lostByCpu[cpu] = (lostByCpu[cpu] ?? 0) + here;
      });
    }
    return { lost, lostByCpu, malformed: this.parts.malformed() - this.#malformedBefore };
  }

  counts(): CaptureCounts {
    const { decoder, output, writer } = this.parts;
    return {
      events: output.events,
      records: this.#records,
      unpaired: decoder.unpaired,
      bytes: writer.fileBytes,
      tasks: this.tasks,
      startedAtUs: output.epochUs(this.startNs),
      ...(this.#final ?? this.#troubles()),
    };
  }

  summary(): CallSummary {
    return this.parts.output.summary.build();
  }

  /** Shows the lines as they come; undefined ends it. */
  tap(tap: ((bytes: Buffer, lines: number) => void) | undefined): void {
    const { output, writer } = this.parts;
    if (tap !== undefined && writer.tap === undefined) {
      writer.showTap();
      output.forgetNames();
    }
    writer.tap = tap;
  }
}
