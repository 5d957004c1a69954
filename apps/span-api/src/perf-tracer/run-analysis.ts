import { TracerError } from '@tracer/base';
import type {
  BudgetQueryDto,
  CompareQueryDto,
  RunBudgetDto,
  RunComparisonDto,
  RunsQueryDto,
  RunSummaryDto,
  StepFiguresDto,
  TimeFiguresDto,
} from '@tracer/dtos';
import {
  compareRuns,
  numberedTraceId,
  runDurationUs,
  stepTimes,
  summarizeRuns,
  timeFigures,
  type Difference,
  type FinishedRun,
  type RunSelection,
  type RunStore,
  type TimeFigures,
} from '@tracer/storage';
import { isoTime, parseIsoTime } from './iso-time.js';
import { liveRun } from './run-answers.js';

const US = 1_000_000;
const DEFAULT_RUNS = 100;
const LIVE_RUNS = 20;
const SIGNIFICANT = 0.05;
const FIGURES = ['p50', 'p95', 'p99', 'max'] as const;

/** Figures of finished runs: what they are, what changed, whether they keep a budget. */
export class RunAnalysis {
  constructor(private readonly store: RunStore) {}

  async summary(tag: string, { last = DEFAULT_RUNS, id }: RunsQueryDto): Promise<RunSummaryDto> {
    const [runs, live] = await Promise.all([
      this.store.select(tag, { limit: last, ...(id !== undefined && { idPrefix: id }) }),
      this.store.live(tag, LIVE_RUNS),
    ]);
    const { total, steps = [], trend } = summarizeRuns(runs) ?? {};
    return {
      trace_tag: tag,
      runs: runs.length,
      ...(total && { total: figuresDto(total) }),
      steps: steps.map(({ name, ...figures }): StepFiguresDto =>
        Object.assign({ step_name: name }, figuresDto(figures)),
      ),
      ...(trend && { trend: { seconds_per_run: trend.slopeUs / US, p_value: trend.p } }),
      recent: runs.map((run) => ({
        span_trace_id: numberedTraceId('run', run.seq),
        trace_id: run.id,
        end_time: isoTime(run.endUs),
        duration_seconds: runDurationUs(run) / US,
      })),
      live: live.map(liveRun),
    };
  }

  /** Throws NOT_FOUND naming the side that has no runs. */
  async compare(tag: string, { a, b, last = DEFAULT_RUNS }: CompareQueryDto): Promise<RunComparisonDto> {
    const [runsA, runsB] = await Promise.all([this.#side(tag, 'a', a, last), this.#side(tag, 'b', b, last)]);
    return {
      trace_tag: tag,
      a: { selection: a, runs: runsA.length },
      b: { selection: b, runs: runsB.length },
      differences: compareRuns(runsA, runsB).map(differenceDto),
    };
  }

  /** Throws VALIDATION when no limit is given, NOT_FOUND when there are too few runs, or none with the step. */
  async budget(tag: string, query: BudgetQueryDto): Promise<RunBudgetDto> {
    const { step, last = DEFAULT_RUNS, min_runs = 1, id } = query;
    const limits = FIGURES.flatMap((figure) => {
      const limitMs = query[`${figure}_ms`];
      return limitMs === undefined ? [] : [{ figure, limitMs }];
    });
    if (limits.length === 0)
      throw new TracerError('VALIDATION', 'a budget needs a limit: p50_ms, p95_ms, p99_ms or max_ms');
    const runs = await this.store.select(tag, { limit: last, ...(id !== undefined && { idPrefix: id }) });
    const times = step === undefined ? runs.map(runDurationUs) : (stepTimes(runs).get(step) ?? []);
    if (times.length < min_runs) throw new TracerError('NOT_FOUND', tooFew(tag, step, times.length, min_runs));
    const figures = timeFigures(times);
    const checks = limits.map(({ figure, limitMs }) => {
      const actualMs = figures[`${figure}Us`] / 1000;
      return { figure, limit_ms: limitMs, actual_ms: actualMs, ok: actualMs <= limitMs };
    });
    return { trace_tag: tag, step_name: step ?? null, runs: times.length, ok: checks.every(({ ok }) => ok), checks };
  }

  async #side(tag: string, side: string, selection: string, last: number): Promise<FinishedRun[]> {
    const runs = await this.store.select(tag, selectionOf(selection, last));
    if (runs.length === 0)
      throw new TracerError('NOT_FOUND', `no finished run of "${tag}" is selected by ${side}="${selection}"`);
    return runs;
  }
}

/** `<from>..<to>`, where either may be left out, or the beginning of an id. */
function selectionOf(text: string, limit: number): RunSelection {
  const [, from = '', to = ''] = /^(.*?)\.\.(.*)$/s.exec(text) ?? [];
  const [fromUs, toUs] = [parseIsoTime(from), parseIsoTime(to)];
  const isTime = (side: string, us: number | undefined): boolean => side === '' || us !== undefined;
  if (from + to === '' || !isTime(from, fromUs) || !isTime(to, toUs)) return { idPrefix: text, limit };
  return { limit, ...(fromUs !== undefined && { fromUs }), ...(toUs !== undefined && { toUs }) };
}

function tooFew(tag: string, step: string | undefined, runs: number, wanted: number): string {
  const what = step === undefined ? 'finished runs' : `finished runs with the step "${step}"`;
  return `"${tag}" has ${runs} ${what}; ${wanted} are needed`;
}

function figuresDto({ count, minUs, p50Us, p95Us, p99Us, maxUs }: TimeFigures): TimeFiguresDto {
  return {
    count,
    min_seconds: minUs / US,
    p50_seconds: p50Us / US,
    p95_seconds: p95Us / US,
    p99_seconds: p99Us / US,
    max_seconds: maxUs / US,
  };
}

function differenceDto({ step, a, b, shiftUs, p, pAdjusted }: Difference): RunComparisonDto['differences'][number] {
  return {
    step_name: step ?? null,
    ...(a && { a: figuresDto(a) }),
    ...(b && { b: figuresDto(b) }),
    ...(shiftUs !== undefined && { shift_seconds: shiftUs / US }),
    ...(p !== undefined && { p_value: p }),
    ...(pAdjusted !== undefined && { p_adjusted: pAdjusted }),
    significant: pAdjusted !== undefined && pAdjusted < SIGNIFICANT,
  };
}
