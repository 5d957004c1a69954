import {
  DM_OP_SKIP,
  DmEventType,
  DmJobState,
  dmSourceOf,
  type DmArrival,
  type DmText,
  type StoredDmEvent,
} from './dm-event.js';
import {
  DM_TRACE_EVENTS,
  type DmEventPages,
  type DmEventStore,
  type DmEvicted,
  type DmRetention,
  type DmTail,
  type DmTotals,
  type DmTrace,
  type DmTraceQuery,
} from './dm-event-store.js';
import { dmEventMatches, type DmEventFilter, type DmEventQuery } from './dm-query.js';

interface Kept {
  readonly stored: StoredDmEvent;
  readonly sizeBytes: number;
}

interface Trace {
  readonly number: number;
  readonly id: DmText;
  readonly events: StoredDmEvent[];
}

/** All events in one array: for tests, and the obvious version of what the database does. Nothing survives the process. */
export class InMemoryDmEventStore implements DmEventStore {
  #kept: Kept[] = [];
  /** By trace id as hexadecimal digits, in the order of first arrival. */
  readonly #traces = new Map<string, number>();
  #lastSeq = 0;
  #lastTrace = 0;
  #evicted: DmEvicted = { traces: 0, events: 0, bytes: 0 };
  readonly #appended = new WeakSet<readonly DmArrival[]>();

  append(arrivals: readonly DmArrival[], receivedAtUs: number): Promise<void> {
    if (this.#appended.has(arrivals)) return Promise.resolve();
    this.#appended.add(arrivals);
    for (const { event, wire } of arrivals) {
      const key = event.base.traceId.toString('hex');
      const trace = this.#traces.get(key) ?? ++this.#lastTrace;
      this.#traces.set(key, trace);
      const stored = { event, seq: ++this.#lastSeq, trace, receivedAtUs };
      this.#kept.push({ stored, sizeBytes: wire.length });
    }
    return Promise.resolve();
  }

  trace(traceId: DmText): DmEventPages {
    return pageOf(this.#grouped().find(({ id }) => id.equals(traceId))?.events ?? []);
  }

  scan(offset: number, limit: number): Promise<{ traces: number; pages: DmEventPages }> {
    const traces = this.#grouped();
    const events = traces.slice(offset, offset + limit).flatMap((trace) => trace.events);
    return Promise.resolve({ traces: traces.length, pages: pageOf(events) });
  }

  delete(traceId: DmText): Promise<boolean> {
    const found = this.#traces.delete(traceId.toString('hex'));
    this.#kept = this.#kept.filter(({ stored }) => !stored.event.base.traceId.equals(traceId));
    return Promise.resolve(found);
  }

  truncate(): Promise<void> {
    this.#kept = [];
    this.#traces.clear();
    return Promise.resolve();
  }

  search(query: DmEventQuery): Promise<StoredDmEvent[]> {
    const { after, newestFirst, limit } = query;
    const direction = newestFirst ? -1 : 1;
    const order = (a: { tso: bigint; seq: number }, b: { tso: bigint; seq: number }): number =>
      direction * (a.tso === b.tso ? a.seq - b.seq : a.tso < b.tso ? -1 : 1);
    const placed = this.#matching(query).map((stored) => ({ stored, tso: stored.event.base.tso, seq: stored.seq }));
    const behind = placed.filter((one) => after === undefined || order(one, after) > 0).sort(order);
    return Promise.resolve(behind.slice(0, limit).map(({ stored }) => stored));
  }

  tail(after: number, filter: DmEventFilter, limit: number): Promise<DmTail> {
    const events = this.#matching(filter).filter(({ seq }) => seq > after);
    const page = events.slice(0, limit);
    const upTo = events.length > limit ? (page.at(-1)?.seq ?? after) : Math.max(after, this.#lastSeq);
    return Promise.resolve({ events: page, upTo });
  }

  traces(query: DmTraceQuery): Promise<DmTrace[]> {
    const { source, task, unfinished, before = Infinity, limit, events: mostEvents = DM_TRACE_EVENTS } = query;
    const found = this.#grouped()
      .filter(({ number }) => number < before)
      .filter(({ id }) => source === undefined || dmSourceOf(id)?.source === source)
      .filter(({ id }) => task === undefined || dmSourceOf(id)?.task === task)
      .filter(({ events }) => !unfinished || openJobs(events) > 0)
      .reverse();
    return Promise.resolve(
      found.slice(0, limit).map(({ number, id, events }) => ({
        trace: number,
        traceId: id,
        events: events.slice(0, mostEvents),
        eventsLeft: Math.max(0, events.length - mostEvents),
      })),
    );
  }

  totals(): Promise<DmTotals> {
    return Promise.resolve({
      traces: this.#traces.size,
      events: this.#kept.length,
      bytes: this.#bytes(),
      lastSeq: this.#lastSeq,
      evicted: this.#evicted,
    });
  }

  evict({ ageMs, events, bytes }: DmRetention, nowUs: number): Promise<DmEvicted> {
    const before = { traces: this.#traces.size, events: this.#kept.length, bytes: this.#bytes() };
    const oldestUs = ageMs === undefined ? -Infinity : nowUs - ageMs * 1000;
    while (
      (this.#kept[0]?.stored.receivedAtUs ?? Infinity) < oldestUs ||
      this.#kept.length > (events ?? Infinity) ||
      this.#bytes() > (bytes ?? Infinity)
    )
      this.#kept.shift();
    const left = new Set(this.#kept.map(({ stored }) => stored.trace));
    for (const [key, number] of this.#traces) if (!left.has(number)) this.#traces.delete(key);
    const gone = {
      traces: before.traces - this.#traces.size,
      events: before.events - this.#kept.length,
      bytes: before.bytes - this.#bytes(),
    };
    const { traces: goneTraces, events: goneEvents, bytes: goneBytes } = this.#evicted;
    this.#evicted = {
      traces: goneTraces + gone.traces,
      events: goneEvents + gone.events,
      bytes: goneBytes + gone.bytes,
    };
    return Promise.resolve(gone);
  }

  #matching(filter: DmEventFilter): StoredDmEvent[] {
    return this.#kept.map(({ stored }) => stored).filter(({ event }) => dmEventMatches(event, filter));
  }

  #bytes(): number {
    return this.#kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  #grouped(): Trace[] {
    const traces = new Map<number, Trace>();
    for (const [key, number] of this.#traces) traces.set(number, { number, id: Buffer.from(key, 'hex'), events: [] });
    for (const { stored } of this.#kept) traces.get(stored.trace)?.events.push(stored);
    return [...traces.values()].sort((a, b) => a.number - b.number);
  }
}

/** Queued jobs without an outcome, by count alone. */
function openJobs(events: readonly StoredDmEvent[]): number {
  let open = 0;
  for (const { event } of events) {
    if (event.type !== DmEventType.job || event.opType === DM_OP_SKIP) continue;
    if (event.state === DmJobState.queued) open++;
    else if (event.state === DmJobState.success || event.state === DmJobState.error) open--;
  }
  return open;
}

async function* pageOf(events: readonly StoredDmEvent[]): DmEventPages {
  await Promise.resolve();
  if (events.length > 0) yield events;
}
