import type { Log } from '@tracer/base';
import type { HookCatalog } from '../trace-hooks/hook-catalog.js';
import type { Tasks } from './engine.js';
import type { Follower } from './followers.js';
import type { ContainerRef, ExportCounts, RunCounts, SessionDefinition } from './session.js';
import type { SessionStore } from './session-store.js';

/** What sessions need to know of the pods. */
export interface TaskSource {
  scan(): Promise<unknown>;
  match(podPattern: string, containerPattern: string): Promise<ContainerRef[]>;
  tasksOf(containers: readonly ContainerRef[]): Tasks;
  /** The processes of one container, as of the last scan. */
  processesOf(container: ContainerRef): readonly number[];
}

/** Sends the events of a run elsewhere. */
export interface RunExport extends Follower {
  counts(): ExportCounts;
}

export interface RunExporter {
  begin(session: SessionDefinition): RunExport;
}

/** What a session finds around it; the same for all sessions of the agent. */
export interface SessionHost {
  readonly pods: TaskSource;
  readonly hooks: Pick<HookCatalog, 'again'>;
  readonly store: Pick<SessionStore, 'save' | 'remove'>;
  readonly traceDir: string;
  readonly exporter?: RunExporter;
  readonly log: Log;
  /** Takes one of the places for running sessions; the returned function gives it back. Throws TOO_MANY. */
  reserveRun(): () => void;
  /** Told what a run had counted when it ended. */
  runEnded(counts: RunCounts): void;
}
