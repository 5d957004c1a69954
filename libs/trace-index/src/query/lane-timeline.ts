import type { EventField, EventSink } from './event-sink.js';
import type { TraceEvent } from './trace-event.js';

export interface TimelineOptions {
  /** Events that are kept; the others are counted in `leftOut`. */
  readonly maxEvents: number;
}

/** Calls back in the order in which the events of a lane begin and end: always properly nested. */
export interface NestingVisitor {
  /** @param endUs where the event ends; cut to the end of the event around it */
  open(event: number, endUs: number): void;
  close(event: number, endUs: number): void;
}

export interface TimelineLane {
  readonly pid: number | undefined;
  readonly tid: number | undefined;
  /** Event numbers by start, the longer of two first. */
  readonly events: Uint32Array;
}

/**
 * The events of a selection lane by lane (process and thread) in the order of time, as call trees and the formats that
 * need nesting want them. Trace files hold events in the order in which they ended, so all must be there before the first
 * can be told: 24 bytes each, up to a limit.
 */
export class LaneTimeline implements EventSink {
  readonly reads: ReadonlySet<EventField> = new Set<EventField>(['ts', 'dur', 'pid', 'tid', 'name', 'cat']);
  /** Events beyond the limit. */
  leftOut = 0;
  /** Events without a start, which have no place in time. */
  untimed = 0;
  /** Events that reached beyond the end of the event that they began in, and were cut there. */
  cut = 0;
  readonly names: string[] = [];
  #count = 0;
  #starts = new Float64Array(1024);
  #durations = new Float64Array(1024);
  #nameIds = new Uint32Array(1024);
  #categoryIds = new Uint32Array(1024);
  readonly #lanes = new Map<number | undefined, Map<number | undefined, number[]>>();
  readonly #ids = new Map<string, number>();

  constructor(private readonly options: TimelineOptions) {}

  get count(): number {
    return this.#count;
  }

  accept(event: TraceEvent): undefined {
    const { ts } = event;
    if (ts === undefined) {
      this.untimed++;
      return;
    }
    if (this.#count >= this.options.maxEvents) {
      this.leftOut++;
      return;
    }
    this.add(ts, Math.max(0, event.dur ?? 0), event.pid, event.tid, event.name ?? '', event.cat ?? '');
  }

  add(ts: number, dur: number, pid: number | undefined, tid: number | undefined, name: string, cat: string): void {
    if (this.#count === this.#starts.length) this.#grow();
    const at = this.#count++;
    this.#starts[at] = ts;
    this.#durations[at] = dur;
    this.#nameIds[at] = this.#idOf(name);
    this.#categoryIds[at] = this.#idOf(cat);
    let threads = this.#lanes.get(pid);
    if (threads === undefined) this.#lanes.set(pid, (threads = new Map<number | undefined, number[]>()));
    const events = threads.get(tid);
    if (events) events.push(at);
    else threads.set(tid, [at]);
  }

  startUs(event: number): number {
    return this.#starts[event] ?? 0;
  }

  durationUs(event: number): number {
    return this.#durations[event] ?? 0;
  }

  /** Index into `names`, which holds categories as well. */
  nameId(event: number): number {
    return this.#nameIds[event] ?? 0;
  }

  categoryId(event: number): number {
    return this.#categoryIds[event] ?? 0;
  }

  /** By process and thread; those without come first. */
  lanes(): TimelineLane[] {
    const lanes: TimelineLane[] = [];
    for (const [pid, threads] of this.#lanes) {
      for (const [tid, events] of threads)
        lanes.push({ pid, tid, events: Uint32Array.from(events).sort(this.#byStart) });
    }
    const order = (n: number | undefined): number => n ?? -Infinity;
    return lanes.sort((a, b) => order(a.pid) - order(b.pid) || order(a.tid) - order(b.tid) || 0);
  }

  readonly #byStart = (a: number, b: number): number =>
    this.startUs(a) - this.startUs(b) || this.durationUs(b) - this.durationUs(a) || a - b;

  /**
   * Walks a lane as if it were a stack of calls:
   *
   * ```
   *   a ├──────────────┤            open a, open b, close b, open c, close c, close a
   *   b   ├────┤
   *   c             ├──┼──┤         c is cut at the end of a
   * ```
   */
  visit(lane: TimelineLane, visitor: NestingVisitor): void {
    const open: number[] = [];
    const ends: number[] = [];
    const closeUntil = (us: number): void => {
      while (open.length > 0 && (ends[ends.length - 1] ?? Infinity) <= us)
        visitor.close(open.pop() ?? 0, ends.pop() ?? 0);
    };
    for (const event of lane.events) {
      const start = this.startUs(event);
      closeUntil(start);
      const limit = ends[ends.length - 1] ?? Infinity;
      const end = start + this.durationUs(event);
      if (end > limit) this.cut++;
      const endUs = Math.min(end, limit);
      visitor.open(event, endUs);
      open.push(event);
      ends.push(endUs);
    }
    closeUntil(Infinity);
  }

  #idOf(text: string): number {
    let id = this.#ids.get(text);
    if (id === undefined) {
      id = this.names.push(text) - 1;
      this.#ids.set(text, id);
    }
    return id;
  }

  #grow(): void {
    const wider = <T extends Float64Array | Uint32Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    const length = this.#starts.length * 2;
    this.#starts = wider(this.#starts, new Float64Array(length));
    this.#durations = wider(this.#durations, new Float64Array(length));
    this.#nameIds = wider(this.#nameIds, new Uint32Array(length));
    this.#categoryIds = wider(this.#categoryIds, new Uint32Array(length));
  }
}
