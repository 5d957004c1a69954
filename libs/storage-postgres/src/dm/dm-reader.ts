import {
  DM_TRACE_EVENTS,
  type DmEventPages,
  type DmText,
  type DmTrace,
  type DmTraceQuery,
  type StoredDmEvent,
} from '@tracer/storage';
import type { DataSource } from 'typeorm';
import { digestOf } from '../digest.js';
import { boundedPage, bytesOf, PAGE_BYTES, sourceIds, withDeadline } from './dm-pages.js';
import { DM_READ_COLUMNS, readDmEventRow, type DmEventRow } from './dm-rows.js';

/** A page of events ends here, or at PAGE_BYTES; its first event is always in it. */
const PAGE_EVENTS = 1_000;
/** Of each trace in a list of traces, for so many events as are asked for. */
const FIRST_BYTES_OF_AN_EVENT = 512;
/** Traces whose numbers are fetched at a time. */
const PAGE_TRACES = 500;
const LAST_TRACE = 2 ** 53 - 1;

/** Reads traces. */
export class DmReader {
  constructor(private readonly source: DataSource) {}

  async *trace(traceId: DmText): DmEventPages {
    const [found] = await this.source.query<{ trace: string }[]>(
      'SELECT trace FROM dm_trace WHERE digest = $1 AND id = $2',
      [digestOf(traceId).toString('hex'), traceId],
    );
    if (found !== undefined) yield* this.#between(found.trace, found.trace);
  }

  async scan(offset: number, limit: number): Promise<{ traces: number; pages: DmEventPages }> {
    const [{ traces, trace_numbers }] = await this.source.query<[{ traces: string; trace_numbers: string[] }]>(
      'SELECT * FROM dm_nth($1, $2)',
      [offset, Math.min(limit, PAGE_TRACES)],
    );
    return { traces: Number(traces), pages: this.#from(trace_numbers, limit) };
  }

  async traces(query: DmTraceQuery): Promise<DmTrace[]> {
    const { source, task, unfinished, before = LAST_TRACE, limit, events: mostEvents = DM_TRACE_EVENTS } = query;
    const sources = await sourceIds(this.source, source, task);
    const open = `(SELECT count(*) FILTER (WHERE job_state = 1 AND op_type <> 7) >
                          count(*) FILTER (WHERE job_state IN (2, 3) AND op_type <> 7)
                   FROM dm_event e WHERE e.trace = t.trace AND type = 2)`;
    const rows = await withDeadline<{ trace: string; id: Buffer; events: string }>(
      this.source,
      `SELECT trace, id, (SELECT count(*) FROM dm_event e WHERE e.trace = t.trace) AS events
       FROM dm_trace t WHERE trace < $1 AND ($2::int[] IS NULL OR source = ANY ($2)) ${unfinished ? `AND ${open}` : ''}
       ORDER BY trace DESC LIMIT $3`,
      [before, sources, limit],
    );
    const events = await this.#firstEvents(
      rows.map(({ trace }) => trace),
      mostEvents,
    );
    return rows.map(({ trace, id, events: count }) => {
      const own = events.get(Number(trace)) ?? [];
      return { trace: Number(trace), traceId: id, events: own, eventsLeft: Math.max(0, Number(count) - own.length) };
    });
  }

  async #firstEvents(traces: readonly string[], mostEvents: number): Promise<Map<number, StoredDmEvent[]>> {
    const rows = await withDeadline<DmEventRow>(
      this.source,
      `SELECT e.* FROM unnest($1::bigint[]) AS number, LATERAL (${firstEvents(mostEvents)}) e`,
      [traces],
    );
    const events = new Map<number, StoredDmEvent[]>(traces.map((trace) => [Number(trace), []]));
    for (const row of rows) events.get(Number(row.trace))?.push(readDmEventRow(row));
    return events;
  }

  async *#from(numbers: readonly string[], limit: number): DmEventPages {
    let page = numbers;
    for (let left = limit; page.length > 0;) {
      const [first, last] = [page[0] ?? '', page.at(-1) ?? ''];
      yield* this.#between(first, last);
      left -= page.length;
      if (left <= 0 || page.length < PAGE_TRACES) return;
      const rows = await this.source.query<{ trace: string }[]>(
        'SELECT trace FROM dm_trace WHERE trace > $1 ORDER BY trace LIMIT $2',
        [last, Math.min(left, PAGE_TRACES)],
      );
      page = rows.map(({ trace }) => trace);
    }
  }

  async *#between(first: string, last: string): DmEventPages {
    let [trace, seq] = [first, '0'];
    for (;;) {
      const rows = await this.source.query<DmEventRow[]>(TRACES_PAGE, [trace, seq, last]);
      const end = rows.at(-1);
      if (end === undefined) return;
      yield rows.map(readDmEventRow);
      [trace, seq] = [end.trace, end.seq];
      // A page that was not cut has reached the end.
      if (rows.length < PAGE_EVENTS && bytesOf(rows) < PAGE_BYTES) return;
    }
  }
}

const TRACES_PAGE = boundedPage(
  `SELECT ${DM_READ_COLUMNS} FROM dm_event WHERE (trace, seq) > ($1::bigint, $2::bigint) AND trace <= $3`,
  'trace, seq',
  PAGE_EVENTS,
);

function firstEvents(most: number): string {
  const events = `SELECT ${DM_READ_COLUMNS} FROM dm_event WHERE trace = number`;
  return boundedPage(events, 'seq', most, most * FIRST_BYTES_OF_AN_EVENT);
}
