import {
  DM_OP_SKIP,
  DmEventType,
  DmJobState,
  dmSourceOf,
  type DmJobEvent,
  type DmPosition,
  type StoredDmEvent,
} from './dm-event.js';

/** `skipped` jobs are only ever announced; `lone` ones have an outcome that nobody announced. */
export type DmJobOutcome = 'queued' | 'success' | 'error' | 'skipped' | 'lone success' | 'lone error';

type StoredJob = StoredDmEvent & { readonly event: DmJobEvent };

/** One statement on its way through a worker: announced when it is queued, reported again when it is done. */
export interface DmJob {
  readonly outcome: DmJobOutcome;
  /** What the job is: the announcement, or the report when there is no announcement. */
  readonly event: DmJobEvent;
  readonly queued?: StoredJob;
  readonly done?: StoredJob;
  /** From queued to done by the worker's clock; may be negative, as that clock is not monotonic. */
  readonly latencyNs?: bigint;
}

interface Draft {
  queued?: StoredJob;
  done?: StoredJob;
}

/**
 * Pairs the announcements of jobs with their reports, in the order in which the first of each came. Both say the same
 * except for the state and the checksum, and either may come first: they travel in different batches. Of equal jobs the
 * first announced is taken to be the first done.
 */
export function dmJobsOf(events: readonly StoredDmEvent[]): DmJob[] {
  const jobs: Draft[] = [];
  /** Jobs of which only one side has come; those of one key lack the same side, else they would be a pair. */
  const waiting = new Map<string, Draft[]>();
  for (const stored of events) {
    if (!isJob(stored)) continue;
    const side = sideOf(stored.event);
    if (side === undefined) continue;
    const key = keyOf(stored.event);
    const alike = waiting.get(key) ?? [];
    const [oldest] = alike;
    if (oldest !== undefined && oldest[side] === undefined) {
      oldest[side] = stored;
      alike.shift();
    } else {
      const job: Draft = { [side]: stored };
      jobs.push(job);
      alike.push(job);
      waiting.set(key, alike);
    }
  }
  return jobs.map(jobOf);
}

/** Instances and traces that took part in one resolution of a shard DDL lock. */
export interface DmGroupInstance {
  readonly source: string | undefined;
  readonly task: string | undefined;
  /** The instance that executes the statement for all; undefined when no event says. */
  readonly executes: boolean | undefined;
  readonly traces: readonly { readonly trace: number; readonly traceId: Buffer; readonly jobs: readonly DmJob[] }[];
  readonly firstTso: bigint;
  readonly lastTso: bigint;
}

/** Events of one group id (of any order) by the instance that sent them, in the order of their first event. */
export function dmGroupInstances(events: readonly StoredDmEvent[]): DmGroupInstance[] {
  const inOrder = [...events].sort((a, b) => a.seq - b.seq);
  const instances = grouped(inOrder, ({ event }) => JSON.stringify(dmSourceOf(event.base.traceId) ?? null));
  return instances.map((own) => {
    const from = dmSourceOf(own[0].event.base.traceId);
    const times = own.map(({ event }) => event.base.tso).sort((a, b) => (a < b ? -1 : Number(a > b)));
    const infos = own.flatMap(({ event }) => (event.type === DmEventType.job ? (event.ddlInfo ?? []) : []));
    return {
      source: from?.source,
      task: from?.task,
      executes: infos.length === 0 ? undefined : infos.some(({ exec }) => exec),
      traces: grouped(own, ({ trace }) => String(trace)).map((trace) => ({
        trace: trace[0].trace,
        traceId: trace[0].event.base.traceId,
        jobs: dmJobsOf(trace),
      })),
      firstTso: times[0] ?? 0n,
      lastTso: times.at(-1) ?? 0n,
    };
  });
}

/** Items by key, in the order in which the keys occur. */
function grouped<T>(items: readonly T[], keyOf: (item: T) => string): [T, ...T[]][] {
  const groups = new Map<string, [T, ...T[]]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

function isJob(stored: StoredDmEvent): stored is StoredJob {
  return stored.event.type === DmEventType.job;
}

function sideOf({ state }: DmJobEvent): 'queued' | 'done' | undefined {
  if (state === DmJobState.queued) return 'queued';
  return state === DmJobState.success || state === DmJobState.error ? 'done' : undefined;
}

function keyOf({ opType, pos, currentPos, sql, ddls, queueBucket, ddlInfo }: DmJobEvent): string {
  const place = (position: DmPosition | undefined): unknown =>
    position && [position.name.toString('latin1'), position.pos];
  return JSON.stringify([
    opType,
    queueBucket.toString('latin1'),
    sql.toString('latin1'),
    ddls.map((ddl) => ddl.toString('latin1')),
    place(pos),
    place(currentPos),
    ddlInfo && [ddlInfo.lockId.toString('latin1'), ddlInfo.exec],
  ]);
}

function jobOf({ queued, done }: Draft): DmJob {
  const event = (queued ?? done)?.event;
  if (event === undefined) throw new Error('a job without events');
  const result = done?.event.state === DmJobState.error ? 'error' : 'success';
  if (done === undefined)
    return { outcome: event.opType === DM_OP_SKIP ? 'skipped' : 'queued', event, ...(queued && { queued }) };
  if (queued === undefined) return { outcome: `lone ${result}`, event, done };
  return { outcome: result, event, queued, done, latencyNs: done.event.base.tso - queued.event.base.tso };
}
