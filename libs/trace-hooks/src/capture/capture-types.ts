import type { Log } from '@tracer/base';
import type { HookPlan } from '../native-hook.js';
import type { CallSummary } from '../summary.js';

/** What a capture reads, and the memory it may take from the kernel. */
export interface CaptureOptions {
  readonly tracefsPath: string;
  /** The host's `/proc`. */
  readonly procfsPath: string;
  /** Name of the shared tracefs instance; `instanceNameFor` makes one that says whose it is. */
  readonly instanceName: string;
  /** Ring memory per CPU. Rule of thumb: peak rate × 49 bytes × 3 × the longest pause of the reader. Default 8192. */
  readonly bufferKbPerCpu?: number;
  readonly log: Log;
}

export interface CaptureLimits {
  readonly timeMs?: number;
  /** Events written to the file; exact. */
  readonly events?: number;
  /** Size of the file. Exceeded by what compresses worse than expected within the last block of lines. */
  readonly bytes?: number;
}

export interface CaptureSpec {
  readonly id: string;
  readonly plan: HookPlan;
  /** Threads of the initial PID namespace, every thread of every process. Their later children are followed. */
  readonly tids: readonly number[];
  /** `….pfw.gz`; goes on at the end of what an earlier run of the session wrote. */
  readonly file: string;
  readonly limits: CaptureLimits;
}

/** Figures of one run, while it runs at most 100 ms old. */
export interface CaptureCounts {
  /** Events written. */
  readonly events: number;
  /** Kernel records that belonged to the session (two per system call). */
  readonly records: number;
  /** Kernel records that were overwritten unread while the session ran, as the kernel counts them, over all sessions. */
  readonly lost: number;
  /** The same by CPU; CPUs without loss are absent. */
  readonly lostByCpu: Readonly<Record<string, number>>;
  /** Begins without an end and ends without a begin. */
  readonly unpaired: number;
  /** Records whose bytes made no sense. */
  readonly malformed: number;
  /** Size of the trace file. */
  readonly bytes: number;
  /** Threads followed now. */
  readonly tasks: number;
  readonly startedAtUs: number;
  /** Set when the run has ended. */
  readonly stoppedAtUs?: number;
}

/** How a run ended. Every reason but the last is an end as it should be. */
export type CaptureReason =
  'stopped' | 'time limit' | 'event limit' | 'byte limit' | 'no tasks left' | `failed: ${string}`;

export interface CaptureResult {
  readonly reason: CaptureReason;
  readonly counts: CaptureCounts;
  readonly summary: CallSummary;
}

/** A run under way. */
export interface CaptureRun {
  counts(): CaptureCounts;
  /** More threads of the session; those it has already do no harm. */
  addTids(tids: readonly number[]): void;
  /**
   * Hands over whole lines as they are written, until the returned function is called. Lines that came faster than the
   * main thread took them are left out, and a line `tail skipped` says how many.
   */
  tail(onLines: (ndjson: Buffer) => void): () => void;
  summary(): Promise<CallSummary>;
  /** Settles when the file is complete and closed; the same result for every caller, also after an end by itself. */
  stop(): Promise<CaptureResult>;
}
