import type { EventVisitor, RingMerge } from '../ring/ring-merge.js';
import type { CaptureClock } from './capture-clock.js';

/** A record may become visible this long after its time stamp; events younger than this wait for the next drain. */
const MARGIN_NS = 2_000_000;
/** One turn of the event loop drains no longer than this, so that zlib, the disk and the messages get theirs. */
const TURN_NS = 10_000_000;
const MIN_PAUSE_MS = 1;
const MAX_PAUSE_MS = 50;
const FIRST_PAUSE_MS = 10;
/** A drain that found more than this part of a ring full came late; one that found less than the other, early. */
const LATE = 1 / 16;
const EARLY = 1 / 256;

export interface DrainTarget {
  readonly merge: RingMerge;
  readonly visitor: EventVisitor;
  readonly clock: CaptureClock;
  /** Pages that the ring of one CPU holds. */
  pagesPerCpu(): number;
  /** All events up to `releasedNs` have been handed over. `isEmpty`: and there are no younger ones in memory. */
  afterDrain(nowNs: number, releasedNs: number, isEmpty: boolean): void;
  /** The rings cannot be read; the loop has stopped. */
  onFailure(error: unknown): void;
}

/**
 * Empties the rings again and again: at once while there is more, after a pause that follows the rate otherwise (1 ms
 * when the rings fill fast, 50 ms when nothing happens). Never blocks and never spins on an empty ring.
 */
export class DrainLoop {
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #isRunning = false;
  #pauseMs = FIRST_PAUSE_MS;
  /** With recording off: hand over the youngest events too. */
  isLast = false;

  constructor(private readonly target: DrainTarget) {}

  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#pauseMs = FIRST_PAUSE_MS;
    this.#schedule(FIRST_PAUSE_MS);
  }

  stop(): void {
    this.#isRunning = false;
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }

  /** Something changed (room for lines, an end was asked for): look now rather than after the pause. */
  wake(): void {
    if (this.#isRunning) this.#schedule(0);
  }

  #schedule(pauseMs: number): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    const turn = (): void => {
      this.#turn();
    };
    if (pauseMs === 0) this.#immediate = setImmediate(turn);
    else this.#timer = setTimeout(turn, pauseMs);
  }

  #turn(): void {
    try {
      const pauseMs = this.#drain();
      // `afterDrain` may have stopped the loop.
      if (this.#isRunning) this.#schedule(pauseMs);
    } catch (error) {
      this.stop();
      this.target.onFailure(error);
    }
  }

  /** @returns the pause until the next drain, ms */
  #drain(): number {
    const { merge, visitor, clock } = this.target;
    clock.sample();
    const startNs = clock.nowNs();
    const pagesBefore = pagesRead(merge);
    for (let nowNs = startNs; ;) {
      const completeNs = merge.fill(nowNs, this.isLast ? 0 : MARGIN_NS);
      const isDrained = merge.isDrained;
      const untilNs = this.isLast && isDrained ? Infinity : completeNs;
      merge.release(untilNs, visitor);
      nowNs = clock.nowNs();
      if (visitor.isPaused) {
        this.target.afterDrain(nowNs, Math.min(untilNs, merge.oldestNs), false);
        return MAX_PAUSE_MS; // Room for lines wakes the loop.
      }
      if (isDrained || nowNs - startNs >= TURN_NS) {
        this.target.afterDrain(nowNs, untilNs, isDrained && merge.oldestNs === Infinity);
        return isDrained ? this.#pace(pagesRead(merge) - pagesBefore) : 0;
      }
    }
  }

  #pace(pages: number): number {
    const part = pages / (this.target.pagesPerCpu() * Math.max(1, this.target.merge.cpus.length));
    if (part > LATE) this.#pauseMs = Math.max(MIN_PAUSE_MS, this.#pauseMs / 2);
    else if (part < EARLY) this.#pauseMs = Math.min(MAX_PAUSE_MS, this.#pauseMs * 1.5);
    return this.#pauseMs;
  }
}

function pagesRead(merge: RingMerge): number {
  return merge.cpus.reduce((sum, cpu) => sum + cpu.pagesRead, 0);
}
