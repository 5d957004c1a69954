import {
  dmEventMatches,
  type DmCursor,
  type DmEventFilter,
  type DmEventQuery,
  type DmTail,
  type StoredDmEvent,
} from '@tracer/storage';
import type { DataSource } from 'typeorm';
import { conditionsOf } from './dm-conditions.js';
import { boundedPage, bytesOf, PAGE_BYTES, sourceIds, withDeadline } from './dm-pages.js';
import { DM_READ_COLUMNS, readDmEventRow, type DmEventRow } from './dm-rows.js';

/** An order in which to go through the events. */
interface Walk {
  readonly order: string;
  /** The condition of events behind a cursor; adds its values. */
  readonly behind: (cursor: DmCursor, values: unknown[]) => string;
  readonly after: DmCursor | undefined;
}

interface Found {
  readonly events: StoredDmEvent[];
  /** How far the walk looked; absent when it came to the end. */
  readonly upTo?: DmCursor;
}

const cursorOf = ({ event, seq }: StoredDmEvent): DmCursor => ({ tso: event.base.tso, seq });

/** Finds events. SQL narrows down, the exact rule decides, pages are read until enough events hold. */
export class DmSearch {
  constructor(private readonly source: DataSource) {}

  async search(query: DmEventQuery): Promise<StoredDmEvent[]> {
    const { newestFirst, limit, after } = query;
    const [direction, comparison] = newestFirst ? ['DESC', '<'] : ['ASC', '>'];
    const { events } = await this.#walk(query, limit, {
      order: `tso ${direction}, seq ${direction}`,
      behind: ({ tso, seq }, values) => {
        values.push(String(tso), seq);
        return `(tso, seq) ${comparison} ($1::bigint, $2::bigint)`;
      },
      after,
    });
    return events;
  }

  async tail(after: number, filter: DmEventFilter, limit: number): Promise<DmTail> {
    // Read before the events: what is committed later is for the next call.
    const [totals] = await this.source.query<[{ last_seq: string }]>('SELECT last_seq FROM dm_totals');
    const lastSeq = Number(totals.last_seq);
    const { events, upTo } = await this.#walk(filter, limit, {
      order: 'seq',
      behind: ({ seq }, values) => {
        values.push(seq, lastSeq);
        return 'seq > $1 AND seq <= $2';
      },
      after: { tso: 0n, seq: after },
    });
    return { events, upTo: upTo?.seq ?? Math.max(after, lastSeq) };
  }

  async #walk(filter: DmEventFilter, limit: number, walk: Walk): Promise<Found> {
    const sources = await sourceIds(this.source, filter.source, filter.task);
    const events: StoredDmEvent[] = [];
    let sizeBytes = 0;
    for (let after = walk.after; ;) {
      const rows = await this.#page(filter, sources, limit, { ...walk, after });
      const read = rows.map(readDmEventRow);
      const last = read.at(-1);
      events.push(...read.filter(({ event }) => dmEventMatches(event, filter)));
      const end = events[limit - 1];
      if (end !== undefined) return { events: events.slice(0, limit), upTo: cursorOf(end) };
      if (last === undefined || (rows.length < limit && bytesOf(rows) < PAGE_BYTES)) return { events };
      after = cursorOf(last);
      sizeBytes += bytesOf(rows);
      if (events.length > 0 && sizeBytes >= PAGE_BYTES) return { events, upTo: after };
    }
  }

  #page(
    filter: DmEventFilter,
    sources: readonly number[] | undefined,
    limit: number,
    { order, behind, after }: Walk,
  ): Promise<DmEventRow[]> {
    if (sources?.length === 0) return Promise.resolve([]);
    const values: unknown[] = [];
    const start = after === undefined ? 'true' : behind(after, values);
    const conditions = conditionsOf(filter, sources, values);
    const rows = `SELECT tso, ${DM_READ_COLUMNS} FROM dm_event WHERE ${start} AND ${conditions}`;
    // A range of positions is narrow or nothing: OFFSET 0 keeps the planner from walking all events in the wanted order.
    const byPosition = filter.fromPosition !== undefined || filter.toPosition !== undefined;
    const select = byPosition ? `SELECT * FROM (${rows} OFFSET 0) narrow` : rows;
    return withDeadline(this.source, boundedPage(select, order, limit), values);
  }
}
