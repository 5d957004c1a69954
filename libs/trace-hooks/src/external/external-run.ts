import { basename } from 'node:path';
import { reasonOf, type Log } from '@tracer/base';
import type { HookExit, HookProcess, StopDeadlines } from './hook-process.js';
import { processRefOf, type ProcessRef } from './process-tree.js';
import { instanceOf, instancesOf, removeInstance, stopRecording } from './trace-instance.js';
import { TraceStream, type StreamCounts, type TraceLineSink } from './trace-stream.js';

export interface RunDeadlines extends StopDeadlines {
  /** How long `firstLine` waits for the hook to say anything. */
  readonly firstLineMs: number;
}

/** What became of the trace stream that the hook named. */
export interface StreamState extends StreamCounts {
  /** As the hook printed it. */
  readonly path: string | undefined;
  /** Why it is not, or no longer, read. */
  readonly refused: string | undefined;
}

/** A hook as the agent sees it while it runs. */
export interface HookRun {
  /** Settles with the first line on stdout or stderr, with the end of the hook, or after five seconds; never rejects. */
  readonly firstLine: Promise<void>;
  /** The first lines of stdout and stderr; the dropped ones are counted. */
  readonly output: readonly string[];
  readonly errors: readonly string[];
  readonly outputDropped: number;
  readonly errorsDropped: number;
  readonly stream: StreamState;
  /** The manager's process, for an agent that starts after this one has died; undefined if it could not be started. */
  readonly process: ProcessRef | undefined;
  /** Settles when the hook has ended, its stream is read to the end and its instance is gone; never rejects. */
  readonly ended: Promise<HookExit>;
  /** Reads what is left of the stream, closes it, and ends the hook by SIGINT, SIGTERM, SIGKILL. Idempotent. */
  stop(): Promise<HookExit>;
}

const NOTHING_READ: StreamCounts = { lines: 0, bytes: 0, lost: 0, cut: 0 };

export class ExternalRun implements HookRun {
  readonly firstLine: Promise<void>;
  readonly ended: Promise<HookExit>;
  readonly process: ProcessRef | undefined;
  readonly #process: HookProcess;
  readonly #deadlines: RunDeadlines;
  readonly #log: Log;
  readonly #tracefsPath: string;
  /** Instances that were there before the hook was started are not its own and are left alone. */
  readonly #foreign: ReadonlySet<string>;
  #stream: TraceStream | undefined;
  #path: string | undefined;
  #refused: string | undefined;
  #stopping: Promise<HookExit> | undefined;

  constructor(
    start: (onLine: () => void) => HookProcess,
    deadlines: RunDeadlines,
    tracefsPath: string,
    sink: TraceLineSink | undefined,
    log: Log,
  ) {
    this.#deadlines = deadlines;
    this.#log = log;
    this.#tracefsPath = tracefsPath;
    this.#foreign = instancesOf(tracefsPath);
    let tell: () => void = () => undefined;
    const spoken = new Promise<void>((resolve) => {
      tell = resolve;
    });
    this.#process = start(tell);
    this.process = this.#process.pid === undefined ? undefined : processRefOf(this.#process.pid);
    this.firstLine = this.#openAfterFirstLine(spoken, sink);
    this.ended = this.#endOfAll();
  }

  get output(): readonly string[] {
    return this.#process.output.lines;
  }

  get errors(): readonly string[] {
    return this.#process.errors.lines;
  }

  get outputDropped(): number {
    return this.#process.output.dropped;
  }

  get errorsDropped(): number {
    return this.#process.errors.dropped;
  }

  get stream(): StreamState {
    const counts = this.#stream?.counts() ?? NOTHING_READ;
    return { ...counts, path: this.#path, refused: this.#refused ?? this.#stream?.problem };
  }

  stop(): Promise<HookExit> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<HookExit> {
    if (this.#stream === undefined) this.#refused ??= 'the hook was stopped';
    // The hook can't remove its instance while the stream is open, so the stream comes first.
    await this.#finishStream();
    const exit = await this.#process.stop(this.#deadlines);
    // A process that even SIGKILL does not end would keep `ended` open for ever.
    return exit.problem === undefined ? this.ended : exit;
  }

  async #openAfterFirstLine(spoken: Promise<void>, sink: TraceLineSink | undefined): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#deadlines.firstLineMs);
    });
    await Promise.race([spoken, late, this.#process.ended]);
    clearTimeout(timer);
    const path = this.output[0];
    if (path === undefined || this.errors.length > 0) return;
    this.#path = path;
    if (sink === undefined || this.#refused !== undefined) return;
    try {
      this.#stream = TraceStream.open(path, this.#tracefsPath, sink);
    } catch (error) {
      this.#refused = reasonOf(error);
      this.#log.warn({ path, reason: this.#refused }, 'trace stream of an external hook is not read');
    }
  }

  async #finishStream(): Promise<void> {
    const instance = this.#ownInstance();
    if (instance !== undefined) stopRecording(instance);
    await this.#stream?.finish();
  }

  /** Runs from the start; the stream is finished here when the hook ends by itself. */
  async #endOfAll(): Promise<HookExit> {
    const exit = await this.#process.ended;
    await this.firstLine;
    await this.#finishStream();
    const instance = this.#ownInstance();
    const reason = instance === undefined ? undefined : await removeInstance(instance);
    if (reason !== undefined) this.#log.warn({ instance, reason }, 'instance of an external hook is left over');
    return exit;
  }

  #ownInstance(): string | undefined {
    if (this.#path === undefined) return undefined;
    const instance = instanceOf(this.#path, this.#tracefsPath);
    return instance === undefined || this.#foreign.has(basename(instance)) ? undefined : instance;
  }
}
