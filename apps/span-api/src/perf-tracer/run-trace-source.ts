import type { Span } from '@tracer/span-model';
import { numberOfTraceId, runSpans, type RunStore } from '@tracer/storage';
import type { TraceSource } from '../traces/further-traces.js';

/** Finished runs as traces. */
export class RunTraceSource implements TraceSource {
  constructor(private readonly store: Pick<RunStore, 'run'>) {}

  async trace(traceId: string): Promise<Span[]> {
    const number = numberOfTraceId('run', traceId);
    const run = number === undefined ? undefined : await this.store.run(number);
    return run === undefined ? [] : runSpans(run);
  }
}
