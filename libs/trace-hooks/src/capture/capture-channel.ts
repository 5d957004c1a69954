import { reasonOf, TracerError, type Log } from '@tracer/base';
import type { CallSummary } from '../summary.js';
import type { EngineSpec } from './capture-engine.js';
import type { Answer, FromWorker, ToWorker } from './capture-messages.js';
import type { CaptureCounts, CaptureResult, CaptureRun } from './capture-types.js';
import { nowTicks, readTasks } from './task-scan.js';

/** The far end: a worker, or in tests a shell in the same thread. */
export interface CapturePort {
  post(message: ToWorker): void;
  /** No more messages: let the far end go. */
  end(): Promise<void>;
}

interface Call {
  resolve(value: Answer): void;
  reject(error: TracerError): void;
}

/** The main thread's side of the capture: calls and their answers, runs and what is heard of them. */
export class CaptureChannel {
  isClosed = false;
  readonly #calls = new Map<number, Call>();
  readonly #runs = new Map<number, ChannelRun>();
  #numbers = 0;

  constructor(
    private readonly port: CapturePort,
    private readonly procfsPath: string,
    private readonly log: Log,
  ) {}

  async start(spec: EngineSpec, onEnd: (result: CaptureResult) => void): Promise<CaptureRun> {
    const number = ++this.#numbers;
    const run = new ChannelRun(number, spec, onEnd, this);
    // Known before it is answered: a run may end before its start is told.
    this.#runs.set(number, run);
    try {
      run.began((await this.call((call) => ({ kind: 'start', call, run: number, spec }))) as CaptureCounts);
      return run;
    } catch (error) {
      this.#runs.delete(number);
      throw error;
    }
  }

  /** Sends a message that is answered. */
  call(message: (call: number) => ToWorker): Promise<Answer> {
    if (this.isClosed) return Promise.reject(new TracerError('HOOK_FAILED', 'the capture has been closed'));
    return new Promise((resolve, reject) => {
      const call = ++this.#numbers;
      this.#calls.set(call, { resolve, reject });
      this.port.post(message(call));
    });
  }

  tell(message: ToWorker): void {
    if (!this.isClosed) this.port.post(message);
  }

  addTids(run: number, tids: readonly number[]): void {
    const listedTicks = nowTicks(this.procfsPath);
    void readTasks(this.procfsPath, tids).then((tasks) => {
      if (tasks.length > 0) this.tell({ kind: 'add', run, tasks, listedTicks });
    });
  }

  receive(message: FromWorker): void {
    switch (message.kind) {
      case 'answer':
        this.#settle(message.call)?.resolve(message.value);
        break;
      case 'refusal':
        this.#settle(message.call)?.reject(new TracerError(message.code, message.message));
        break;
      case 'counts':
        for (const [run, counts] of message.counts) this.#runs.get(run)?.count(counts);
        break;
      case 'lines':
        this.#lines(message.run, message.bytes);
        break;
      case 'ended':
        this.#runs.get(message.run)?.ended(message.result);
        this.#runs.delete(message.run);
        break;
      case 'log':
        this.log[message.level](message.facts, message.message);
    }
  }

  #lines(run: number, bytes: Uint8Array<ArrayBuffer>): void {
    this.#runs.get(run)?.lines(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    this.tell({ kind: 'taken', run, bytes: bytes.length });
  }

  #settle(call: number): Call | undefined {
    const waiting = this.#calls.get(call);
    this.#calls.delete(call);
    return waiting;
  }

  /** The files of the runs under way. */
  files(): string[] {
    return [...this.#runs.values()].map((run) => run.spec.file);
  }

  /** The far end is gone: whoever waits learns why. */
  fail(error: TracerError): void {
    this.isClosed = true;
    for (const call of this.#calls.values()) call.reject(error);
    this.#calls.clear();
    for (const run of this.#runs.values()) run.failed(error.message);
    this.#runs.clear();
  }

  async close(): Promise<void> {
    try {
      await this.call((call) => ({ kind: 'close', call }));
    } catch (error) {
      // It died on the way; what that means for the runs has been told.
      this.log.warn({ reason: reasonOf(error) }, 'the capture did not close as it should');
    } finally {
      this.isClosed = true;
      await this.port.end();
    }
  }
}

const NO_SUMMARY: CallSummary = { calls: [], counters: {} };

/** One run as the main thread sees it. */
class ChannelRun implements CaptureRun {
  readonly #listeners = new Set<(ndjson: Buffer) => void>();
  #counts: CaptureCounts | undefined;
  #result: CaptureResult | undefined;
  #tellEnd: ((result: CaptureResult) => void) | undefined;
  readonly #end = new Promise<CaptureResult>((resolve) => (this.#tellEnd = resolve));

  constructor(
    private readonly number: number,
    readonly spec: EngineSpec,
    private readonly onEnd: (result: CaptureResult) => void,
    private readonly channel: CaptureChannel,
  ) {}

  began(counts: CaptureCounts): void {
    this.#counts ??= counts;
  }

  count(counts: CaptureCounts): void {
    if (this.#result === undefined) this.#counts = counts;
  }

  ended(result: CaptureResult): void {
    this.#counts = result.counts;
    this.#result = result;
    this.#listeners.clear();
    this.onEnd(result);
    this.#tellEnd?.(result);
  }

  /** Only a run that began can fail; a start that is not answered is refused instead. */
  failed(reason: string): void {
    if (this.#counts === undefined) return;
    const counts = { ...this.#counts, tasks: 0, stoppedAtUs: Date.now() * 1000 };
    this.ended({ reason: `failed: ${reason}`, counts, summary: NO_SUMMARY });
  }

  lines(ndjson: Buffer): void {
    for (const listener of this.#listeners) listener(ndjson);
  }

  counts(): CaptureCounts {
    if (this.#counts === undefined) throw new Error('the run has not begun');
    return this.#counts;
  }

  addTids(tids: readonly number[]): void {
    if (this.#result === undefined) this.channel.addTids(this.number, tids);
  }

  tail(onLines: (ndjson: Buffer) => void): () => void {
    const listener = (ndjson: Buffer): void => {
      onLines(ndjson);
    };
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.channel.tell({ kind: 'tail', run: this.number, isOn: true });
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) {
        this.channel.tell({ kind: 'tail', run: this.number, isOn: false });
      }
    };
  }

  async summary(): Promise<CallSummary> {
    if (this.#result !== undefined) return this.#result.summary;
    try {
      return (await this.channel.call((call) => ({ kind: 'summary', call, run: this.number }))) as CallSummary;
    } catch (error) {
      // It may have ended on the way; then its end tells.
      if (error instanceof TracerError && error.code === 'SESSION_NOT_FOUND') return (await this.#end).summary;
      throw error;
    }
  }

  stop(): Promise<CaptureResult> {
    if (this.#result === undefined) this.channel.tell({ kind: 'stop', run: this.number });
    return this.#end;
  }
}
