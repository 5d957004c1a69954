import { TracerError } from '@tracer/base';
import type { FinishedRun, RunKey, RunStep } from './run.js';
import {
  RUN_STEPS,
  type AddedStep,
  type LiveRun,
  type RunLimits,
  type RunSelection,
  type RunStore,
  type RunsExpired,
  type RunTotals,
  type TagFigures,
  type TagSelection,
  type TimedRun,
} from './run-store.js';

interface Growing extends RunKey {
  readonly startUs: number;
  readonly steps: RunStep[];
}

interface Kept {
  readonly run: FinishedRun;
  readonly finishedAtUs: number;
}

/** All runs in arrays: for tests, and the obvious version of what the database does. Nothing survives the process. */
export class InMemoryRunStore implements RunStore {
  readonly #live = new Map<string, Growing>();
  #kept: Kept[] = [];
  /** Places by tag, in their order. */
  readonly #tags = new Map<string, number>();
  #lastPlace = 0;
  #lastSeq = 0;
  #expired: RunsExpired = { live: 0, finished: 0 };

  constructor(private readonly mostSteps = RUN_STEPS) {}

  start(key: RunKey, nowUs: number): Promise<number> {
    this.#live.delete(keyOf(key));
    this.#live.set(keyOf(key), { ...key, startUs: nowUs, steps: [] });
    return Promise.resolve(nowUs);
  }

  async step(key: RunKey, name: string, tracked: boolean, nowUs: number): Promise<AddedStep | undefined> {
    await Promise.resolve();
    const run = this.#live.get(keyOf(key));
    if (run === undefined) return undefined;
    if (run.steps.length >= this.mostSteps)
      throw new TracerError('TOO_MANY', `a run has at most ${this.mostSteps} steps`);
    const beforeUs = lastUs(run);
    const atUs = Math.max(nowUs, beforeUs);
    run.steps.push({ name, atUs, tracked });
    return { atUs, durationUs: atUs - beforeUs };
  }

  async finish(
    key: RunKey,
    nowUs: number,
    { step, endUs }: { step?: Omit<RunStep, 'atUs'>; endUs?: number } = {},
  ): Promise<FinishedRun | undefined> {
    if (step !== undefined) await this.step(key, step.name, step.tracked, nowUs);
    const run = this.#live.get(keyOf(key));
    if (run === undefined) return undefined;
    this.#live.delete(keyOf(key));
    const ownEndUs = step === undefined ? Math.max(nowUs, lastUs(run)) : lastUs(run);
    return this.#keep({ ...run, id: key.id, endUs: endUs ?? ownEndUs }, nowUs);
  }

  add(runs: readonly TimedRun[], nowUs: number): Promise<void> {
    for (const run of runs) this.#keep(run, nowUs);
    return Promise.resolve();
  }

  async *finished(tag: string): AsyncIterable<readonly FinishedRun[]> {
    await Promise.resolve();
    const runs = this.#of(tag);
    if (runs.length > 0) yield runs;
  }

  select(
    tag: string,
    { idPrefix = '', fromUs = -Infinity, toUs = Infinity, beforeSeq = Infinity, limit }: RunSelection,
  ): Promise<FinishedRun[]> {
    const runs = this.#of(tag).filter(
      ({ id, endUs, seq }) => (id ?? '').startsWith(idPrefix) && endUs >= fromUs && endUs < toUs && seq < beforeSeq,
    );
    return Promise.resolve(runs.slice(-limit));
  }

  run(seq: number): Promise<FinishedRun | undefined> {
    return Promise.resolve(this.#kept.find(({ run }) => run.seq === seq)?.run);
  }

  live(tag: string, limit: number): Promise<LiveRun[]> {
    const runs = this.#liveOldestFirst().filter((run) => run.tag === tag);
    return Promise.resolve(runs.slice(0, limit).map(glance));
  }

  newestLive(limit: number): Promise<LiveRun[]> {
    return Promise.resolve(this.#liveOldestFirst().reverse().slice(0, limit).map(glance));
  }

  tags(): Promise<string[]> {
    return Promise.resolve([...this.#tags.keys()]);
  }

  tagFigures({ contains = '', beforePlace = Infinity, limit }: TagSelection): Promise<TagFigures[]> {
    const chosen = [...this.#tags].filter(([tag, place]) => tag.includes(contains) && place < beforePlace).reverse();
    const figures = chosen.slice(0, limit).map(([tag, place]) => ({
      tag,
      place,
      runs: this.#of(tag).length,
      live: this.#liveOldestFirst().filter((run) => run.tag === tag).length,
      lastEndUs: this.#of(tag).at(-1)?.endUs ?? 0,
    }));
    return Promise.resolve(figures);
  }

  delete(tag: string): Promise<void> {
    this.#forget(({ run }) => run.tag === tag);
    return Promise.resolve();
  }

  totals(): Promise<RunTotals> {
    const [live, finished, tags] = [this.#live.size, this.#kept.length, this.#tags.size];
    return Promise.resolve({ live, finished, tags, expired: this.#expired });
  }

  expire({ live, idleMs, finished, ageMs }: RunLimits, nowUs: number): Promise<RunsExpired> {
    const [liveBefore, finishedBefore] = [this.#live.size, this.#kept.length];
    const before = (ms: number | undefined): number => (ms === undefined ? -Infinity : nowUs - ms * 1000);
    for (const [key, run] of this.#live) if (lastUs(run) < before(idleMs)) this.#live.delete(key);
    const oldestFirst = [...this.#live].sort(([, a], [, b]) => a.startUs - b.startUs);
    for (const [key] of oldestFirst) if (this.#live.size > (live ?? Infinity)) this.#live.delete(key);
    this.#forget(({ finishedAtUs }) => finishedAtUs < before(ageMs));
    const most = this.#kept.length - (finished ?? Infinity);
    this.#forget((kept) => this.#kept.indexOf(kept) < most);
    const gone = { live: liveBefore - this.#live.size, finished: finishedBefore - this.#kept.length };
    const { live: goneLive, finished: goneFinished } = this.#expired;
    this.#expired = { live: goneLive + gone.live, finished: goneFinished + gone.finished };
    return Promise.resolve(gone);
  }

  #keep(run: TimedRun, finishedAtUs: number): FinishedRun {
    const finished = { ...run, seq: ++this.#lastSeq };
    this.#kept.push({ run: finished, finishedAtUs });
    if (!this.#tags.has(run.tag)) this.#tags.set(run.tag, ++this.#lastPlace);
    return finished;
  }

  #forget(condition: (kept: Kept) => boolean): void {
    this.#kept = this.#kept.filter((kept) => !condition(kept));
    for (const tag of this.#tags.keys()) if (this.#of(tag).length === 0) this.#tags.delete(tag);
  }

  #liveOldestFirst(): Growing[] {
    return [...this.#live.values()].sort((a, b) => a.startUs - b.startUs);
  }

  #of(tag: string): FinishedRun[] {
    return this.#kept.map(({ run }) => run).filter((run) => run.tag === tag);
  }
}

const keyOf = ({ tag, id }: RunKey): string => JSON.stringify([tag, id ?? '']);

function glance(run: Growing): LiveRun {
  const { tag, id, startUs, steps } = run;
  const last = steps.at(-1);
  return { tag, id, startUs, lastUs: lastUs(run), steps: steps.length, ...(last && { lastStep: last.name }) };
}

function lastUs({ startUs, steps }: Growing): number {
  return steps.at(-1)?.atUs ?? startUs;
}
