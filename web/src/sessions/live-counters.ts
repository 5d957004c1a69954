/** Totals of a session at a moment, as the server tells them. */
export interface Totals {
  /** By the clock of the page, milliseconds. */
  readonly atMs: number;
  readonly events: number;
  readonly lost: number;
  /** Events by name. */
  readonly calls: Readonly<Record<string, number>>;
}

/** What happened between two looks, per second. */
export interface Rate {
  readonly atMs: number;
  readonly eventsPerSecond: number;
  readonly lostPerSecond: number;
}

const KEPT_RATES = 300;

/**
 * Rates of a running session from totals that only grow: what was looked at late is not lost, its time is only coarser. A run
 * that was started anew counts from nothing.
 */
export class LiveCounters {
  #last: Totals | undefined;
  #rates: Rate[] = [];
  #byName = new Map<string, number>();

  /** Oldest first, the last 300 looks. */
  get rates(): readonly Rate[] {
    return this.#rates;
  }

  /** Events per second by name between the last two looks. */
  get byName(): ReadonlyMap<string, number> {
    return this.#byName;
  }

  take(totals: Totals): void {
    const last = this.#last;
    if (last !== undefined && totals.atMs <= last.atMs) return;
    this.#last = totals;
    if (last === undefined) return;
    const startedAnew = totals.events < last.events;
    const before: Totals = startedAnew ? { atMs: last.atMs, events: 0, lost: 0, calls: {} } : last;
    const seconds = (totals.atMs - last.atMs) / 1000;
    const rate = {
      atMs: totals.atMs,
      eventsPerSecond: (totals.events - before.events) / seconds,
      lostPerSecond: Math.max(0, totals.lost - before.lost) / seconds,
    };
    this.#rates = [...this.#rates, rate].slice(-KEPT_RATES);
    this.#byName = new Map(
      Object.entries(totals.calls).map(([name, count]) => [
        name,
        Math.max(0, count - (before.calls[name] ?? 0)) / seconds,
      ]),
    );
  }
}
