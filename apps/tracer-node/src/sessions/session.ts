import type { CallSummary, ProcessRef } from '@tracer/trace-hooks';

/**
 * What a session is, as data.
 *
 *              start                 hook ends, limit, all processes gone, or stop
 *   pending ──────────► running ──────────────────────────────────────► finished │ failed
 *                          │                                                 │
 *                          └── agent ends ──► interrupted                    │
 *                          ▲                       │                         │
 *                          └───────────────────────┴─────── start again ─────┘
 *
 * All runs of a session write into one trace file, `<id>.pfw.gz`: each run goes on where the last one ended.
 */
export type SessionState = 'pending' | 'running' | 'finished' | 'failed' | 'interrupted';

/** The numbers of the processes that were seen in each container, in the order of the session's containers. */
export type SeenProcesses = readonly (readonly number[])[];

/** A container as chosen when the session was defined. Its processes are looked up whenever the session runs. */
export interface ContainerRef {
  /** Name under which the pod was listed. */
  readonly key: string;
  readonly pod: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly container: string;
}

/** What ends a run; 0 is no limit. */
export interface RunLimits {
  readonly timeMs: number;
  readonly events: number;
  /** Of the trace file on disk. */
  readonly bytes: number;
}

export interface SessionDefinition {
  readonly id: string;
  /** The user's own text. */
  readonly context: string;
  /** Shared by the sessions that one request to the gateway made on several nodes. */
  readonly group?: string;
  readonly hookGroup: string;
  readonly hook: string;
  readonly params: readonly string[];
  /** The pattern that chose the pods, shown to a collector. */
  readonly podPattern: string;
  readonly containers: readonly ContainerRef[];
  readonly limits: RunLimits;
  readonly createdAtUs: number;
}

export interface RunCounts {
  /** Written to the trace file. */
  readonly events: number;
  /** Overwritten by the kernel before they could be read, while the session ran. */
  readonly lost: number;
  /** The same by CPU, where it is known; CPUs without loss are absent. */
  readonly lostByCpu?: Readonly<Record<string, number>>;
  /** Begins without an end and ends without a begin, where a hook pairs events. */
  readonly unpaired?: number;
  /** Size of the trace file. */
  readonly bytes: number;
  /** Threads that are traced now. */
  readonly tasks: number;
}

export interface ExportCounts {
  readonly sent: number;
  readonly dropped: number;
  readonly lastError?: string;
}

/** The present run, or the last one. */
export interface RunRecord {
  readonly counts: RunCounts;
  readonly startedAtUs?: number;
  readonly stoppedAtUs?: number;
  readonly reason?: string;
  readonly summary?: CallSummary;
  /** When counts and summary were taken. */
  readonly asOfUs?: number;
  readonly export?: ExportCounts;
  /** Of an external hook: it outlives an agent that is killed. */
  readonly hookProcess?: ProcessRef;
}

/** All that is kept of a session across restarts of the agent. */
export interface SessionRecord {
  readonly definition: SessionDefinition;
  readonly state: SessionState;
  /** Name of the trace file in the trace directory; absent before the first run. */
  readonly file?: string;
  readonly run: RunRecord;
  /** Which processes were seen in each container; absent in records of before this was kept. */
  readonly processes?: SeenProcesses;
  /** The agent was told to stop while the session ran. */
  readonly wasRunning?: boolean;
}

export const NO_COUNTS: RunCounts = { events: 0, lost: 0, bytes: 0, tasks: 0 };
export const NO_CALLS: CallSummary = { calls: [], counters: {} };

/** Epoch µs of now. */
export function nowUs(): number {
  return Date.now() * 1000;
}
