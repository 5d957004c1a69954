import type {
  DmArrival,
  DmEventFilter,
  DmEventPages,
  DmEventQuery,
  DmEventStore,
  DmEvicted,
  DmRetention,
  DmTail,
  DmText,
  DmTotals,
  DmTrace,
  DmTraceQuery,
  StoredDmEvent,
} from '@tracer/storage';
import type { DataSource } from 'typeorm';
import { DmReader } from './dm-reader.js';
import { digestOf } from '../digest.js';
import { DmSearch } from './dm-search.js';
import { DmWriter } from './dm-writer.js';

/** Events looked at, and at most removed, in one transaction of retention. */
const EVICT_EVENTS = 5_000;

/** Replication events in PostgreSQL. */
export class PostgresDmEventStore implements DmEventStore {
  readonly #writer: DmWriter;
  readonly #reader: DmReader;
  readonly #search: DmSearch;

  constructor(private readonly source: DataSource) {
    this.#writer = new DmWriter(source);
    this.#reader = new DmReader(source);
    this.#search = new DmSearch(source);
  }

  append(arrivals: readonly DmArrival[], receivedAtUs: number): Promise<void> {
    return this.#writer.append(arrivals, receivedAtUs);
  }

  trace(traceId: DmText): DmEventPages {
    return this.#reader.trace(traceId);
  }

  scan(offset: number, limit: number): Promise<{ traces: number; pages: DmEventPages }> {
    return this.#reader.scan(offset, limit);
  }

  async delete(traceId: DmText): Promise<boolean> {
    const digest = digestOf(traceId).toString('hex');
    const [{ gone }] = await this.source.query<[{ gone: boolean }]>('SELECT dm_delete($1) AS gone', [digest]);
    return gone;
  }

  async truncate(): Promise<void> {
    await this.source.transaction(async (transaction) => {
      await transaction.query('SELECT FROM dm_totals FOR UPDATE');
      await transaction.query('TRUNCATE dm_event, dm_trace, dm_bucket, dm_source');
      await transaction.query('UPDATE dm_totals SET traces = 0, events = 0, bytes = 0');
    });
  }

  search(query: DmEventQuery): Promise<StoredDmEvent[]> {
    return this.#search.search(query);
  }

  tail(after: number, filter: DmEventFilter, limit: number): Promise<DmTail> {
    return this.#search.tail(after, filter, limit);
  }

  traces(query: DmTraceQuery): Promise<DmTrace[]> {
    return this.#reader.traces(query);
  }

  async totals(): Promise<DmTotals> {
    const [row] = await this.source.query<[Record<string, string>]>('SELECT * FROM dm_totals');
    const number = (column: string): number => Number(row[column]);
    return {
      traces: number('traces'),
      events: number('events'),
      bytes: number('bytes'),
      lastSeq: number('last_seq'),
      evicted: {
        traces: number('evicted_traces'),
        events: number('evicted_events'),
        bytes: number('evicted_bytes'),
      },
    };
  }

  async evict({ ageMs, events, bytes }: DmRetention, nowUs: number): Promise<DmEvicted> {
    const oldestUs = ageMs === undefined ? undefined : nowUs - ageMs * 1000;
    const all = { traces: 0, events: 0, bytes: 0 };
    for (;;) {
      const [gone] = await this.source.query<[Record<keyof DmEvicted, string>]>(
        'SELECT * FROM dm_evict($1, $2, $3, $4)',
        [oldestUs, events, bytes, EVICT_EVENTS],
      );
      all.traces += Number(gone.traces);
      all.events += Number(gone.events);
      all.bytes += Number(gone.bytes);
      if (Number(gone.events) < EVICT_EVENTS) return all;
    }
  }
}
