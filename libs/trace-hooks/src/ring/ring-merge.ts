import type { RingCpu } from './ring-cpu.js';

/** Consumes the events of all CPUs in the order of their time. */
export interface EventVisitor {
  /** The event that `cpu.cursor` stands on. */
  visit(cpu: RingCpu): void;
  /** Asked after every event: true to stop here and go on later. */
  readonly isPaused: boolean;
}

/**
 * Merges the rings of several CPUs by time. A heap of CPUs, the one with the oldest event on top; its events are handed
 * out in one go up to the second oldest, so a machine where one CPU is busy pays one comparison per event.
 */
export class RingMerge {
  readonly #heap: RingCpu[] = [];

  get cpus(): readonly RingCpu[] {
    return this.#heap;
  }

  /** The last `fill` read every ring to its end. */
  get isDrained(): boolean {
    return this.#heap.every((cpu) => cpu.isDrained);
  }

  /** The oldest event that was read and not released; Infinity when there is none. */
  get oldestNs(): number {
    return timeOf(this.#heap[0]);
  }

  add(cpu: RingCpu): void {
    this.#heap.push(cpu);
  }

  remove(cpu: RingCpu): void {
    const at = this.#heap.indexOf(cpu);
    if (at >= 0) this.#heap.splice(at, 1);
  }

  /**
   * Reads what every CPU has and says up to which time it is complete.
   *
   * What a CPU had at `nowNs` has been read when its ring was found empty after that moment; of one that was not read
   * to its end, everything before its last page has been. A record may become visible a moment after its time stamp
   * (its writer is interrupted between taking the time and committing), hence the margin.
   *
   * @param nowNs the clock before the first read
   */
  fill(nowNs: number, marginNs: number): number {
    let watermarkNs = nowNs - marginNs;
    for (const cpu of this.#heap) {
      cpu.fill();
      if (!cpu.isDrained && cpu.readUpToNs < watermarkNs) watermarkNs = cpu.readUpToNs;
    }
    for (let at = (this.#heap.length >> 1) - 1; at >= 0; at--) this.#sink(at);
    return watermarkNs;
  }

  /** Hands out all events that are not younger than the watermark. @returns how many */
  release(watermarkNs: number, visitor: EventVisitor): number {
    const heap = this.#heap;
    // A CPU without events stands at Infinity, which must not count as released.
    const lastNs = Math.min(watermarkNs, Number.MAX_VALUE);
    let count = 0;
    for (let top = heap[0]; top !== undefined && top.cursor.atNs <= lastNs; top = heap[0]) {
      const untilNs = Math.min(lastNs, heap[1]?.cursor.atNs ?? Infinity, heap[2]?.cursor.atNs ?? Infinity);
      count += drain(top, untilNs, visitor);
      this.#sink(0);
      if (visitor.isPaused) break;
    }
    return count;
  }

  #sink(from: number): void {
    const heap = this.#heap;
    const cpu = heap[from];
    if (cpu === undefined) return;
    let at = from;
    for (;;) {
      let child = 2 * at + 1;
      const right = heap[child + 1];
      if (right !== undefined && right.cursor.atNs < timeOf(heap[child])) child++;
      const smaller = heap[child];
      if (smaller === undefined || smaller.cursor.atNs >= cpu.cursor.atNs) break;
      heap[at] = smaller;
      at = child;
    }
    heap[at] = cpu;
  }
}

function timeOf(cpu: RingCpu | undefined): number {
  return cpu === undefined ? Infinity : cpu.cursor.atNs;
}

function drain(cpu: RingCpu, untilNs: number, visitor: EventVisitor): number {
  const { cursor } = cpu;
  let count = 0;
  do {
    visitor.visit(cpu);
    count++;
  } while (cpu.advance() && cursor.atNs <= untilNs && !visitor.isPaused);
  return count;
}
