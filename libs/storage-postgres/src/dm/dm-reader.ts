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
import { namedQuery, type NamedStatement } from '../named-query.js';
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
    const id = [digestOf(traceId).toString('hex'), traceId];
    const rows = await namedQuery<DmEventRow>(this.source, FIRST_OF_TRACE, id);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map(readDmEventRow);
    if (isCut(rows)) yield* this.#between(last.trace, last.trace, last.seq);
  }

  async scan(offset: number, limit: number): Promise<{ traces: number; pages: DmEventPages }> {
    const [found] = await namedQuery<NthRow>(this.source, NTH, [offset, Math.min(limit, PAGE_TRACES)]);
    return { traces: Number(found?.traces), pages: this.#from(found?.trace_numbers ?? [], limit) };
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

  /** Events of the traces from `first` to `last`, those of the first one behind `seq`. */
  async *#between(first: string, last: string, seq = '0'): DmEventPages {
    for (let after = [first, seq]; ;) {
      const rows = await namedQuery<DmEventRow>(this.source, TRACES_PAGE, [...after, last]);
      const end = rows.at(-1);
      if (end === undefined) return;
      yield rows.map(readDmEventRow);
      if (!isCut(rows)) return;
      after = [end.trace, end.seq];
    }
  }
}

/** Whether a page may have ended before the events did. */
function isCut(rows: readonly DmEventRow[]): boolean {
  return rows.length >= PAGE_EVENTS || bytesOf(rows) >= PAGE_BYTES;
}

interface NthRow {
  readonly traces: string;
  readonly trace_numbers: string[];
}

const NTH: NamedStatement = { name: 'dm_nth', text: 'SELECT * FROM dm_nth($1, $2)' };
const FIRST_OF_TRACE: NamedStatement = {
  name: 'dm_first_of_trace',
  text: boundedPage(
    `SELECT ${DM_READ_COLUMNS} FROM dm_event WHERE trace = (SELECT trace FROM dm_trace WHERE digest = $1 AND id = $2)`,
    'seq',
    PAGE_EVENTS,
  ),
};
const TRACES_PAGE: NamedStatement = {
  name: 'dm_traces_page',
  text: boundedPage(
    `SELECT ${DM_READ_COLUMNS} FROM dm_event WHERE (trace, seq) > ($1::bigint, $2::bigint) AND trace <= $3`,
    'trace, seq',
    PAGE_EVENTS,
  ),
};

function firstEvents(most: number): string {
  const events = `SELECT ${DM_READ_COLUMNS} FROM dm_event WHERE trace = number`;
  return boundedPage(events, 'seq', most, most * FIRST_BYTES_OF_AN_EVENT);
}
