import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf, TracerError } from '@tracer/base';
import type { CallSummary } from '@tracer/trace-hooks';
import type { EngineRun, RunEnd } from './engine.js';
import { Followers, type Follower } from './followers.js';
import {
  NO_CALLS,
  NO_COUNTS,
  nowUs,
  type RunRecord,
  type SessionDefinition,
  type SessionRecord,
  type SeenProcesses,
} from './session.js';
import type { RunExport, SessionHost } from './session-host.js';
import { SessionProcesses } from './session-processes.js';
import { TaskCensus } from './task-census.js';
import { Turns } from './turns.js';

/** A session as it is at this moment. */
export interface SessionView {
  readonly record: SessionRecord;
  /** As the published agent means it: true until somebody stops it, also when an external hook ended by itself. */
  readonly running: boolean;
  /** What the hook printed; undefined unless running. */
  readonly printed?: { readonly output: readonly string[]; readonly errors: readonly string[] };
}

export interface SummaryView {
  readonly record: SessionRecord;
  readonly summary: CallSummary;
}

/** A run from its start until nobody asks for it any more. */
interface Attempt {
  run?: EngineRun;
  end?: RunEnd;
  readonly census: TaskCensus;
  readonly release: () => void;
}

/** One session: its definition, its present run if any, and one change at a time. */
export class LiveSession {
  readonly definition: SessionDefinition;
  readonly #host: SessionHost;
  readonly #turns = new Turns();
  readonly #followers = new Followers();
  readonly #processes: SessionProcesses;
  #record: SessionRecord;
  #attempt: Attempt | undefined;
  #interruption: string | undefined;
  /** Settles when the end of the last run is on disk; never rejects. */
  #saved: Promise<void> = Promise.resolve();
  #gone = false;
  /** Of the last run: spans may be under way when it has ended. */
  #export: RunExport | undefined;

  constructor(record: SessionRecord, host: SessionHost) {
    this.definition = record.definition;
    this.#record = record;
    this.#host = host;
    this.#processes = new SessionProcesses(record.definition.containers, record.processes);
  }

  /** Which processes were seen in each container, over all runs. */
  get processes(): SeenProcesses {
    return this.#processes.seen;
  }

  /** Recording now. */
  isRecording(): boolean {
    return this.#attempt?.run !== undefined && this.#attempt.end === undefined;
  }

  view(): SessionView {
    const record = { ...this.#record, run: this.#runNow() };
    const run = this.#attempt?.run;
    if (run === undefined) return { record, running: this.#attempt !== undefined };
    return { record, running: true, printed: { output: run.output, errors: run.errors } };
  }

  /** Figures of the present run, or of the last one. */
  async summary(): Promise<SummaryView> {
    const { run, end } = this.#attempt ?? {};
    const summary = run === undefined || end !== undefined ? this.#record.run.summary : await run.summary();
    return { record: this.view().record, summary: summary ?? NO_CALLS };
  }

  /**
   * Starts a run on the processes that the containers have now.
   * Throws SESSION_CONFLICT when it runs already or nothing is there to trace, and what the hook throws.
   */
  start(): Promise<void> {
    return this.#turns.run(async () => {
      this.#assertThere();
      if (this.#attempt !== undefined)
        throw new TracerError('SESSION_CONFLICT', `session ${this.definition.id} is running already`);
      const { containers, hookGroup, hook, params } = this.definition;
      const chosen = this.#host.hooks.again(hookGroup, hook);
      chosen.check(params);
      await this.#host.pods.scan();
      const tasks = this.#host.pods.tasksOf(containers);
      if (tasks.pids.length === 0)
        throw new TracerError('SESSION_CONFLICT', `no process runs in the containers of session ${this.definition.id}`);
      this.#processes.look((container) => this.#host.pods.processesOf(container));
      const attempt: Attempt = { release: this.#host.reserveRun(), census: new TaskCensus(tasks) };
      await this.#begin(attempt);
      try {
        const spec = { session: this.definition, tasks, file: this.#path, limits: this.definition.limits };
        attempt.run = await chosen.engine.start(spec, (end) => {
          this.#ended(attempt, end);
        });
      } catch (error) {
        this.#ended(attempt, failedEnd(error));
        throw error;
      }
      if (attempt.end === undefined) await this.#attach(attempt.run);
    });
  }

  /** Ends the run. Throws SESSION_CONFLICT with the exit status of a hook that failed; the session is stopped even so. */
  stop(): Promise<void> {
    return this.#turns.run(async () => {
      this.#assertThere();
      await this.#stop();
    });
  }

  /** Ends the run because the agent ends. Never throws. */
  interrupt(reason: string): Promise<void> {
    return this.#turns.run(async () => {
      if (!this.isRecording()) {
        this.#followers.end(reason);
        return;
      }
      this.#interruption = reason;
      await this.#stop().catch((error: unknown) => {
        this.#host.log.warn({ session: this.definition.id, reason: reasonOf(error) }, 'session did not stop properly');
      });
    });
  }

  /** Stops and forgets the session; its trace files stay unless `purge`. Throws what the stop throws, when it is gone. */
  remove({ purge }: { readonly purge: boolean }): Promise<void> {
    return this.#turns.run(async () => {
      this.#assertThere();
      try {
        await this.#stop();
      } finally {
        this.#gone = true;
        this.#followers.end('deleted');
        await this.#host.store.remove(this.definition.id);
        if (purge) await rm(this.#path, { force: true });
      }
    });
  }

  /** Follows the run, or the next one if none is under way and there has been none. Throws SESSION_CONFLICT after it. */
  follow(follower: Follower): () => void {
    if (!this.isRecording() && this.#record.state !== 'pending')
      throw new TracerError(
        'SESSION_CONFLICT',
        `session ${this.definition.id} does not run; its events are in ${this.#name}`,
      );
    return this.#followers.add(follower);
  }

  /** Adds processes that came since the last look. The pods have just been scanned. */
  lookForTasks(): void {
    const attempt = this.#attempt;
    if (attempt?.run === undefined || attempt.end !== undefined) return;
    const added = attempt.census.newcomers(this.#host.pods.tasksOf(this.definition.containers));
    if (added.tids.length > 0) attempt.run.addTasks(added);
    if (added.pids.length > 0) this.#processes.look((container) => this.#host.pods.processesOf(container));
  }

  /** Saves how far the run has come, so that little is unknown if the agent dies. Never throws. */
  async checkpoint(): Promise<void> {
    const run = this.#attempt?.run;
    if (run === undefined || !this.isRecording()) return;
    const summary = await run.summary().catch(() => undefined);
    if (!this.isRecording()) return;
    const asOf = { ...this.#runNow(), asOfUs: nowUs(), ...(summary === undefined ? {} : { summary }) };
    this.#record = { ...this.#record, run: asOf };
    await this.#save();
  }

  async #begin(attempt: Attempt): Promise<void> {
    const before = this.#record;
    const run: RunRecord = { counts: NO_COUNTS, startedAtUs: nowUs() };
    this.#attempt = attempt;
    this.#export = this.#host.exporter?.begin(this.definition);
    this.#record = { definition: before.definition, state: 'running', file: this.#name, run };
    try {
      await this.#host.store.save({ ...this.#record, processes: this.#processes.seen });
    } catch (error) {
      this.#record = before;
      this.#attempt = undefined;
      attempt.release();
      throw error;
    }
  }

  async #attach(run: EngineRun): Promise<void> {
    if (this.#export !== undefined) this.#followers.add(this.#export);
    this.#followers.attach(run);
    if (run.process === undefined) return;
    this.#record = { ...this.#record, run: { ...this.#record.run, hookProcess: run.process } };
    await this.#save();
  }

  async #stop(): Promise<void> {
    const attempt = this.#attempt;
    if (attempt?.run === undefined) return;
    const end = await attempt.run.stop();
    this.#ended(attempt, end);
    this.#attempt = undefined;
    await this.#saved;
    const exit = end.exit ?? end.held?.exit;
    if (exit !== undefined)
      throw new TracerError('SESSION_CONFLICT', `the hook of session ${this.definition.id} ended with ${exit}`);
  }

  /** Takes down how a run ended, once; whoever learns of it first. */
  #ended(attempt: Attempt, end: RunEnd): void {
    if (attempt.end !== undefined) return;
    attempt.end = end;
    attempt.release();
    this.#host.runEnded(end.counts);
    const interruption = this.#interruption;
    this.#interruption = undefined;
    this.#record = {
      ...this.#record,
      state: interruption === undefined ? end.state : 'interrupted',
      run: { ...this.#runNow(), stoppedAtUs: nowUs(), reason: interruption ?? end.reason, summary: end.summary },
      ...(interruption === undefined ? {} : { wasRunning: true }),
    };
    if (end.held === undefined) this.#attempt = undefined;
    this.#export?.end(end.reason);
    this.#followers.end(end.reason);
    const { id } = this.definition;
    this.#host.log.info({ session: id, state: end.state, reason: end.reason, ...end.counts }, 'session ended');
    this.#saved = this.#save();
  }

  async #save(): Promise<void> {
    await this.#host.store.save({ ...this.#record, processes: this.#processes.seen }).catch((error: unknown) => {
      this.#host.log.error({ reason: reasonOf(error) }, 'the state of a session could not be saved');
    });
  }

  #runNow(): RunRecord {
    const { run } = this.#record;
    const exported = this.#export?.counts();
    const now = exported === undefined ? run : { ...run, export: exported };
    if (this.#attempt === undefined) return now;
    const { end, run: running } = this.#attempt;
    return { ...now, counts: end?.counts ?? running?.counts() ?? run.counts };
  }

  #assertThere(): void {
    if (this.#gone) throw new TracerError('SESSION_NOT_FOUND', `no session with id ${this.definition.id}`);
  }

  get #name(): string {
    return `${this.definition.id}.pfw.gz`;
  }

  get #path(): string {
    return join(this.#host.traceDir, this.#name);
  }
}

function failedEnd(error: unknown): RunEnd {
  return { state: 'failed', reason: reasonOf(error), counts: NO_COUNTS, summary: NO_CALLS };
}
