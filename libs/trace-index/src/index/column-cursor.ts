import { COLUMNS } from '../kernels/chunk-columns.js';
import type { EventField } from '../query/event-sink.js';
import type { ArgValue, TraceEvent } from '../query/trace-event.js';
import type { EventColumns } from './chunk-task.js';
import type { TraceClass, TraceLane } from './index-dictionaries.js';

const NO_CLASS: Pick<TraceClass, 'name' | 'cat' | 'ph'> = { name: undefined, cat: undefined, ph: undefined };
const NO_LANE: Thread = { pid: undefined, tid: undefined };

/** A lane as an event shows it. */
export type Thread = Pick<TraceEvent, 'pid' | 'tid'>;

export function threadOf({ pid, tid }: Pick<TraceLane, 'pid' | 'tid'>): Thread {
  return { pid: present(pid), tid: present(tid) };
}

export function threadsOf(lanes: readonly TraceLane[]): Thread[] {
  return lanes.map(threadOf);
}

/** The columns that hold the fields. */
export function columnsOf(fields: ReadonlySet<EventField>): number {
  let columns = 0;
  if (fields.has('name') || fields.has('cat') || fields.has('ph')) columns |= COLUMNS.classes;
  if (fields.has('pid') || fields.has('tid')) columns |= COLUMNS.lanes;
  if (fields.has('ts')) columns |= COLUMNS.times;
  if (fields.has('dur')) columns |= COLUMNS.durations;
  if (fields.has('transfer')) columns |= COLUMNS.transfers | COLUMNS.classes;
  return columns;
}

/** One event after the other of a batch of columns. Fields whose column was not read are absent. */
export class ColumnCursor implements TraceEvent {
  readonly isMetadata = false;
  #batch: EventColumns | undefined;
  #at = 0;

  constructor(
    private readonly classes: readonly TraceClass[],
    private readonly lanes: readonly Thread[],
  ) {}

  /** Calls `visit` for each event of the batch until it answers `false`; whether it never did. */
  each(batch: EventColumns, visit: (event: TraceEvent) => boolean | undefined): boolean {
    this.#batch = batch;
    for (this.#at = 0; this.#at < batch.count; this.#at++) if (visit(this) === false) return false;
    return true;
  }

  get name(): string | undefined {
    return this.#class.name;
  }
  get cat(): string | undefined {
    return this.#class.cat;
  }
  get ph(): string | number | undefined {
    return this.#class.ph;
  }
  get pid(): number | undefined {
    return this.#lane.pid;
  }
  get tid(): number | undefined {
    return this.#lane.tid;
  }
  get ts(): number | undefined {
    return present(this.#batch?.ts[this.#at]);
  }
  get dur(): number | undefined {
    return present(this.#batch?.dur[this.#at]);
  }

  get transferBytes(): number | undefined {
    return present(this.#batch?.transfers[this.#at]);
  }

  /** Columns know nothing of args. */
  arg(): ArgValue | undefined {
    return undefined;
  }

  get #class(): Pick<TraceClass, 'name' | 'cat' | 'ph'> {
    return this.classes[this.#batch?.classes[this.#at] ?? 0] ?? NO_CLASS;
  }

  get #lane(): Thread {
    return this.lanes[this.#batch?.lanes[this.#at] ?? 0] ?? NO_LANE;
  }
}

function present(value: number | undefined): number | undefined {
  return value === undefined || Number.isNaN(value) ? undefined : value;
}
