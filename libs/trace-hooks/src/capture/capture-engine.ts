import { reasonOf, TracerError } from '@tracer/base';
import { EventCatalog } from '../event-format.js';
import type { DecoderContext, EventDecoder, HookPlan, TraceSink } from '../native-hook.js';
import { BlockPool } from '../output/block-pool.js';
import { PfwWriter } from '../output/pfw-writer.js';
import { TraceOutput } from '../output/trace-output.js';
import { pageLayout } from '../tracefs/find-tracefs.js';
import { startTicksOf } from '../tracefs/leftovers.js';
import { CaptureClock } from './capture-clock.js';
import { CaptureRings } from './capture-rings.js';
import type { CaptureLimits, CaptureOptions, CaptureResult } from './capture-types.js';
import { decoderContext } from './decoder-context.js';
import { Demux, MAX_SESSIONS } from './demux.js';
import { DrainLoop } from './drain-loop.js';
import { Lineage } from './lineage.js';
import { openRing, type Ring } from './ring.js';
import { Session } from './session.js';
import { bornSince, ownTids, type Task } from './task-scan.js';
import { NO_SLOT, ThreadTable } from './thread-table.js';

/** The largest thread id a 64-bit kernel gives out (PID_MAX_LIMIT). */
const MAX_TID = 1 << 22;
const DEFAULT_BUFFER_KB = 8192;
const SECOND_NS = 1_000_000_000;

export interface EngineSpec {
  readonly id: string;
  readonly plan: HookPlan;
  readonly tasks: readonly Task[];
  /** Clock ticks since boot before which the tasks were listed: their children since then are followed too. */
  readonly listedTicks: number;
  readonly file: string;
  readonly limits: CaptureLimits;
}

/** Makes the decoder of a plan. */
export type DecoderOf = (plan: HookPlan, out: TraceSink, context: DecoderContext) => EventDecoder;

interface Entry {
  readonly session: Session;
  readonly plan: HookPlan;
  readonly onEnd: (result: CaptureResult) => void;
}

/**
 * The capture itself, in whatever thread it is made: reads the rings, gives every session its events, ends sessions.
 * Changes of the tracefs (a start, more threads, an end) run one after another, beside the reading.
 */
export class CaptureEngine {
  readonly #catalog: EventCatalog;
  readonly #clock = new CaptureClock();
  readonly #threads = new ThreadTable(MAX_TID);
  readonly #pool = new BlockPool();
  readonly #lineage: Lineage;
  readonly #demux: Demux;
  readonly #rings: CaptureRings;
  readonly #loop: DrainLoop;
  /** Running sessions by their bit. */
  readonly #entries = new Map<number, Entry>();
  readonly #ends = new Set<Promise<void>>();
  #changes: Promise<unknown> = Promise.resolve();
  #isRecording = false;
  /** The rings are about to be stopped. */
  #isQuiescing = false;
  #refillNs = 0;
  #clockSteps = 0;

  /** @throws TracerError HOOK_UNAVAILABLE when the ring pages of this kernel are not understood. */
  constructor(
    private readonly options: CaptureOptions,
    private readonly decoderOf: DecoderOf,
    open = openRing,
  ) {
    const { tracefsPath, procfsPath, instanceName, bufferKbPerCpu: bufferKb = DEFAULT_BUFFER_KB } = options;
    const layout = pageLayout(tracefsPath);
    if (layout === undefined) throw new TracerError('HOOK_UNAVAILABLE', `no ring buffer layout at ${tracefsPath}`);
    this.#catalog = new EventCatalog(tracefsPath);
    this.#lineage = new Lineage(this.#threads, procfsPath, (sessions) => this.#demux.receiversOf(sessions));
    this.#demux = new Demux(this.#threads, this.#lineage, this.#pool);
    const { baseNs } = this.#clock;
    const ringOptions = { tracefsPath, procfsPath, instanceName, bufferKb, baseNs, openRing: open, ...layout };
    this.#rings = new CaptureRings(ringOptions, this.#catalog, this.#demux, this.#lost.bind(this));
    this.#loop = new DrainLoop({
      merge: this.#rings.merge,
      visitor: this.#demux,
      clock: this.#clock,
      pagesPerCpu: () => this.#rings.pagesPerCpu,
      afterDrain: this.#afterDrain.bind(this),
      onFailure: this.#failed.bind(this),
    });
    this.#pool.onRoom = () => {
      this.#loop.wake();
    };
  }

  /**
   * Settles when the session records. `onEnd` is called once, when its file is closed and its traces in the tracefs gone.
   * @throws TracerError
   */
  start(spec: EngineSpec, onEnd: (result: CaptureResult) => void): Promise<Session> {
    return this.#change(() => this.#start(spec, onEnd));
  }

  async #start(spec: EngineSpec, onEnd: (result: CaptureResult) => void): Promise<Session> {
    const { plan } = spec;
    const index = this.#freeIndex();
    const tasks = this.#others(spec.tasks);
    if (tasks.length === 0) throw new TracerError('SESSION_CONFLICT', 'none of the threads to trace is alive');
    const formats = plan.events.map((event) => this.#catalog.format(event));
    const hostFormats = (plan.hostEvents ?? []).map((event) => this.#catalog.format(event));
    let session: Session | undefined;
    try {
      const rings = await this.#rings.open(hostFormats.length > 0);
      await this.#record();
      session = this.#makeSession(spec, index);
      // First the births of their children reach the session, then the kernel follows them, then come the events.
      this.#demux.attach(index, session, [], []);
      await this.#follow(session, tasks, spec.listedTicks);
      this.#demux.attach(index, session, formats, hostFormats);
      this.#entries.set(index, { session, plan, onEnd });
      await this.#applyEvents();
      session.begin(this.#clock.nowNs(), rings);
      this.#loop.wake();
      return session;
    } catch (error) {
      this.#entries.delete(index);
      this.#demux.detach(index);
      await session?.abandon();
      await this.#applyEvents();
      throw error instanceof TracerError ? error : new TracerError('HOOK_FAILED', reasonOf(error), { cause: error });
    }
  }

  #freeIndex(): number {
    for (let index = 0; index < MAX_SESSIONS; index++) if (!this.#entries.has(index)) return index;
    throw new TracerError('TOO_MANY', `no more than ${MAX_SESSIONS} sessions can run at once`);
  }

  /** Tracing ourselves would make an event of every event. */
  #others(tasks: readonly Task[]): Task[] {
    const own = new Set(ownTids(this.options.procfsPath));
    return tasks.filter((task) => !own.has(task.tid));
  }

  #makeSession({ id, plan, file, limits }: EngineSpec, index: number): Session {
    const writer = PfwWriter.open(file, this.#pool, limits.bytes);
    const timeMs = Math.min(limits.timeMs ?? Infinity, plan.timeLimitMs ?? Infinity);
    const output = new TraceOutput(this.#threads, writer, this.#clock.epochBase(), limits.events);
    const context = decoderContext(
      { catalog: this.#catalog, threads: this.#threads, clock: this.#clock, procfsPath: this.options.procfsPath },
      index,
    );
    const decoder = this.decoderOf(plan, output, context);
    const malformed = (): number => this.#demux.malformed + this.#rings.malformed;
    return new Session({ id, index, writer, output, decoder, limits: { ...limits, timeMs }, malformed });
  }

  async #record(): Promise<void> {
    if (!this.#isRecording) await this.#rings.record(true);
    this.#isRecording = true;
    this.#loop.isLast = false;
    this.#loop.start();
  }

  /** More threads for a session that runs; nothing happens when it does not (any more). */
  addTasks(session: Session, tasks: readonly Task[], listedTicks: number): Promise<void> {
    return this.#change(async () => {
      if (this.#isRunning(session)) await this.#follow(session, this.#others(tasks), listedTicks);
    });
  }

  async #follow(session: Session, tasks: readonly Task[], listedTicks: number): Promise<void> {
    const { procfsPath } = this.options;
    let wave = tasks;
    // Whoever was born before the kernel knew its parent is looked for in /proc; who was born since, is known.
    for (let known = [...tasks]; wave.length > 0; known = known.concat(wave)) {
      for (const { tid, tgid, comm } of wave) this.#adopt(session, tid, tgid, comm);
      await this.#rings.follow(wave.map(({ tid }) => tid));
      wave = bornSince(procfsPath, known, listedTicks).filter(({ tid }) => !this.#isFollowed(session, tid));
    }
    for (const { tid } of tasks) {
      if (startTicksOf(procfsPath, tid) === undefined)
        this.#lineage.forget(tid, 1 << session.index, this.#clock.nowNs());
    }
  }

  #adopt(session: Session, tid: number, tgid: number, comm: string): void {
    const isNew = this.#lineage.follow(tid, tgid, comm, 1 << session.index, this.#clock.nowNs()) !== 0;
    if (isNew) session.tasks++;
  }

  #isFollowed(session: Session, tid: number): boolean {
    return ((this.#threads.sessions[this.#threads.slotOf(tid)] ?? 0) & (1 << session.index)) !== 0;
  }

  #isRunning(session: Session): boolean {
    return this.#entries.get(session.index)?.session === session;
  }

  /** Asks for the end; `onEnd` of the start tells when it is reached. */
  stop(session: Session): void {
    session.end('stopped', this.#clock.nowNs());
    this.#loop.wake();
  }

  /** Ends all sessions and removes everything from the tracefs. */
  async close(): Promise<void> {
    await this.#changes;
    for (const { session } of this.#entries.values()) this.stop(session);
    while (this.#entries.size > 0 || this.#ends.size > 0) {
      await Promise.race([...this.#ends, new Promise((resolve) => setTimeout(resolve, 10))]);
    }
    await this.#change(() => this.#release());
  }

  /** Runs changes one after another. */
  #change<T>(change: () => Promise<T>): Promise<T> {
    const result = this.#changes.then(change);
    this.#changes = result.catch(() => undefined);
    return result;
  }

  /** Enables the events of the sessions there are; without any, everything is removed. */
  async #applyEvents(): Promise<void> {
    const plans = [...this.#entries.values()].map(({ plan }) => plan);
    if (plans.length === 0) await this.#release();
    else {
      await this.#rings.setEvents(
        plans.flatMap((plan) => plan.events),
        plans.flatMap((plan) => plan.hostEvents ?? []),
      );
    }
  }

  async #release(): Promise<void> {
    this.#loop.stop();
    this.#isRecording = false;
    this.#demux.isLossy = false;
    await this.#rings.close();
  }

  #afterDrain(nowNs: number, releasedNs: number, isEmpty: boolean): void {
    for (const ring of this.#rings.all) ring.invalidateLost();
    if (nowNs - this.#refillNs > SECOND_NS) this.#everySecond(nowNs);
    for (const { session } of this.#entries.values()) session.check(nowNs, Math.min(nowNs, releasedNs));
    const isAnyActive = this.#isAnyActive();
    if (!isAnyActive && this.#isRecording) this.#quiesce();
    const isAtEnd = this.#loop.isLast && isEmpty;
    for (const entry of this.#entries.values()) {
      const { reason, stopNs } = entry.session;
      if (reason !== undefined && (isAnyActive ? releasedNs >= stopNs : isAtEnd)) this.#finish(entry);
    }
  }

  #everySecond(nowNs: number): void {
    this.#refillNs = nowNs;
    this.#lineage.refill();
    if (this.#demux.isLossy) {
      this.#lineage.sweep(nowNs);
      for (const ring of this.#rings.all) ring.lostNow(); // The last losses may have no page behind them that tells.
    }
    if (this.#clock.steps === this.#clockSteps) return;
    this.#clockSteps = this.#clock.steps;
    for (const { session } of this.#entries.values()) session.noteClock(nowNs, this.#clock.epochBase());
  }

  #isAnyActive(): boolean {
    return [...this.#entries.values()].some(({ session }) => session.reason === undefined);
  }

  /** Nobody records any more: stop the rings, so that they can be read to their end and the losses are final. */
  #quiesce(): void {
    if (this.#isQuiescing || this.#entries.size === 0) return;
    this.#isQuiescing = true;
    void this.#change(async () => {
      this.#isQuiescing = false;
      // A start may have come in between.
      if (this.#isAnyActive() || !this.#isRecording) return;
      this.#isRecording = false;
      await this.#rings.record(false);
      this.#loop.isLast = true;
      this.#loop.wake();
    }).catch((error: unknown) => {
      this.#failed(error);
    });
  }

  #finish({ session, onEnd }: Entry): void {
    for (const ring of this.#rings.all) ring.lostNow();
    const closed = session.finish();
    this.#entries.delete(session.index);
    const left = this.#demux.detach(session.index);
    const cleaned = this.#change(() => this.#cleanUp(left)).catch((error: unknown) => {
      this.options.log.warn({ session: session.id, reason: reasonOf(error) }, 'the tracefs was not cleaned up');
    });
    const end = Promise.all([closed, cleaned]).then(([result]) => {
      this.#ends.delete(end);
      onEnd(result);
    });
    this.#ends.add(end);
  }

  /** @param left threads that lost their last session */
  async #cleanUp(left: readonly number[]): Promise<void> {
    await this.#applyEvents();
    const { procfsPath } = this.options;
    const isLeft = (tid: number): boolean => this.#threads.slotOf(tid) === NO_SLOT;
    await this.#rings.exclude(left.filter((tid) => isLeft(tid) && startTicksOf(procfsPath, tid) !== undefined));
  }

  #failed(error: unknown): void {
    this.options.log.error({ reason: reasonOf(error) }, 'the kernel ring cannot be read');
    for (const entry of this.#entries.values()) {
      entry.session.end(`failed: ${reasonOf(error)}`, this.#clock.nowNs());
      this.#finish(entry);
    }
  }

  #lost(ring: Ring, index: number, atNs: number, marked: number, isUncounted: boolean): void {
    this.#demux.isLossy = true;
    for (const { session } of this.#entries.values()) session.gap(ring, index, atNs, marked, isUncounted);
  }
}
