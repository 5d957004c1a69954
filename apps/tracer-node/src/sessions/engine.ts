import type { CallSummary, ProcessRef } from '@tracer/trace-hooks';
import type { RunCounts, RunLimits, SessionDefinition } from './session.js';

/** What one run is to do. */
export interface RunSpec {
  readonly session: SessionDefinition;
  readonly tasks: Tasks;
  /** Path of the trace file. If an earlier run of the session wrote it, this one goes on at its end. */
  readonly file: string;
  readonly limits: RunLimits;
}

/** Processes and all of their threads, as the kernel numbers them. */
export interface Tasks {
  readonly pids: readonly number[];
  readonly tids: readonly number[];
}

/** How a run ended. */
export interface RunEnd {
  readonly state: 'finished' | 'failed';
  /** In words: `stopped`, `time limit`, `exit status 2`. */
  readonly reason: string;
  readonly counts: RunCounts;
  readonly summary: CallSummary;
  /**
   * The hook ended by itself, and clients of the published agent expect such a session to go on as `Running` until they
   * stop it; that stop then fails with the exit status, if there is one.
   */
  readonly held?: { readonly exit?: string };
  /** The hook was stopped, but it answered with this exit status, which the stop passes on. */
  readonly exit?: string;
}

/** A run under way. */
export interface EngineRun {
  /** Lines that the hook printed, the first ones. */
  readonly output: readonly string[];
  readonly errors: readonly string[];
  /** A process that would go on if the agent died now. */
  readonly process?: ProcessRef | undefined;
  counts(): RunCounts;
  summary(): Promise<CallSummary>;
  /** More processes and threads of the session's containers. Those known already do no harm. */
  addTasks(tasks: Tasks): void;
  /**
   * Hands over whole lines of the trace file as they are written, until the returned function is called. What the
   * receiver has no time for it must drop itself. The buffers are the receiver's.
   */
  tail(onLines: (lines: Buffer) => void): () => void;
  /** Ends the run. Settles when the file is closed; the same end for every caller, also after a run ended by itself. */
  stop(): Promise<RunEnd>;
}

/** A way of tracing: the kernel's events read by ourselves, or a foreign program. */
export interface HookEngine {
  /**
   * Settles when the run is recording. `onEnd` is called exactly once for a run that was started, whatever ends it.
   * Throws TracerError.
   */
  start(spec: RunSpec, onEnd: (end: RunEnd) => void): Promise<EngineRun>;
}

export interface HookListing {
  readonly name: string;
  readonly description: readonly string[];
  /** Why it cannot be used here. */
  readonly unavailable?: string;
}

export interface HookGroup {
  readonly key: string;
  readonly hooks: readonly HookListing[];
  readonly problem?: string;
}

/** A hook that was chosen by name. */
export interface ChosenHook {
  readonly group: string;
  readonly name: string;
  readonly engine: HookEngine;
  /** Throws HOOK_ARGUMENT_INVALID naming the argument. */
  check(params: readonly string[]): void;
}
