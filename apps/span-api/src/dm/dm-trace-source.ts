import type { Span } from '@tracer/span-model';
import { dmTraceSpans, numberOfTraceId, type DmEventStore } from '@tracer/storage';
import type { TraceSource } from '../traces/further-traces.js';

/** Most events of a trace that are drawn; how many are left is said by the root. */
const DRAWN_EVENTS = 10_000;

/** Replication traces as traces. */
export class DmTraceSource implements TraceSource {
  constructor(private readonly store: Pick<DmEventStore, 'traces'>) {}

  async trace(traceId: string): Promise<Span[]> {
    const number = numberOfTraceId('dm', traceId);
    if (number === undefined) return [];
    // The newest one up to this number is the wanted one, or the wanted one is gone.
    const query = { unfinished: false, before: number + 1, limit: 1, events: DRAWN_EVENTS };
    const [found] = await this.store.traces(query);
    return found?.trace === number ? dmTraceSpans(found) : [];
  }
}
