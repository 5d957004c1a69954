import { reasonOf, TracerError, type Log } from '@tracer/base';
import { CaptureEngine, type DecoderOf, type EngineSpec } from './capture-engine.js';
import type { Answer, FromWorker, ToWorker } from './capture-messages.js';
import type { CaptureOptions } from './capture-types.js';
import type { Session } from './session.js';
import { TailGate } from './tail-gate.js';

const COUNTS_MS = 100;

export type Post = (message: FromWorker, transfer?: readonly ArrayBuffer[]) => void;

interface Run {
  readonly session: Session;
  readonly gate: TailGate;
  /** What the main thread was told last; an idle session costs no messages. */
  told: string;
}

/** The engine as the other side of a message channel: what the capture worker does, in any thread. */
export class CaptureShell {
  readonly #engine: CaptureEngine;
  readonly #runs = new Map<number, Run>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    options: Omit<CaptureOptions, 'log'>,
    decoderOf: DecoderOf,
    private readonly post: Post,
    makeEngine = (all: CaptureOptions): CaptureEngine => new CaptureEngine(all, decoderOf),
  ) {
    this.#engine = makeEngine({ ...options, log: this.#log() });
  }

  receive(message: ToWorker): void {
    if (message.kind === 'start') this.#answer(message.call, this.#start(message.run, message.spec));
    else if (message.kind === 'close') this.#answer(message.call, this.#close());
    else if (message.kind === 'summary') this.#answer(message.call, this.#summary(message.run));
    else this.#tell(message);
  }

  /** Messages about a run that has ended meanwhile are late and mean nothing. */
  #tell(message: Exclude<ToWorker, { call: number }>): void {
    const run = this.#runs.get(message.run);
    if (run === undefined) return;
    switch (message.kind) {
      case 'add':
        this.#engine.addTasks(run.session, message.tasks, message.listedTicks).catch((error: unknown) => {
          const facts = { session: run.session.id, reason: reasonOf(error) };
          this.post({ kind: 'log', level: 'error', facts, message: 'threads could not be added' });
        });
        break;
      case 'tail':
        run.session.tap(message.isOn ? run.gate.offer.bind(run.gate) : undefined);
        break;
      case 'taken':
        run.gate.taken(message.bytes);
        break;
      case 'stop':
        this.#engine.stop(run.session);
    }
  }

  async #start(number: number, spec: EngineSpec): Promise<Answer> {
    const session = await this.#engine.start(spec, (result) => {
      this.#runs.delete(number);
      this.post({ kind: 'ended', run: number, result });
    });
    const gate = new TailGate((bytes) => {
      this.post({ kind: 'lines', run: number, bytes }, [bytes.buffer]);
    });
    this.#runs.set(number, { session, gate, told: '' });
    this.#timer ??= setInterval(this.#report.bind(this), COUNTS_MS);
    return session.counts();
  }

  #report(): void {
    if (this.#runs.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    this.post({
      kind: 'counts',
      counts: [...this.#runs].map(([run, { session }]) => [run, session.counts()] as const),
    });
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a throw becomes a refusal
  async #summary(number: number): Promise<Answer> {
    const run = this.#runs.get(number);
    if (run === undefined) throw new TracerError('SESSION_NOT_FOUND', 'the session has ended');
    return run.session.summary();
  }

  async #close(): Promise<Answer> {
    await this.#engine.close();
    clearInterval(this.#timer);
    return undefined;
  }

  #answer(call: number, answer: Promise<Answer>): void {
    answer.then(
      (value) => {
        this.post({ kind: 'answer', call, value });
      },
      (error: unknown) => {
        const code = error instanceof TracerError ? error.code : 'INTERNAL';
        this.post({ kind: 'refusal', call, code, message: reasonOf(error) });
      },
    );
  }

  #log(): Log {
    const say = (level: 'info' | 'warn' | 'error') => (facts: object, message: string) => {
      this.post({ kind: 'log', level, facts, message });
    };
    return { info: say('info'), warn: say('warn'), error: say('error') };
  }
}
