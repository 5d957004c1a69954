import { RUN_STEPS, type RunKey, type RunStep, type TimedRun } from '@tracer/storage';
import { Checked, type Problem } from './body-problems.js';
import { parseIsoTime } from './iso-time.js';

export interface StepRequest {
  readonly key: RunKey;
  readonly step: Omit<RunStep, 'atUs'>;
  readonly ends: boolean;
}

/** Runs of a batch. */
const BATCH_RUNS = 500;
/** About four months: no run of a feature is longer. */
const MOST_OFFSET_MS = 1e10;

/** Throws ProblemsError, as all of these do. */
export function startRequest(body: unknown): RunKey {
  const checked = Checked.of(body, ['body']);
  const key = keyIn(checked);
  checked.done();
  return key;
}

export function stepRequest(body: unknown): StepRequest {
  const checked = Checked.of(body, ['body']);
  const key = keyIn(checked);
  const name = checked.text('step_name');
  const tracked = checked.boolean('track_duration', true);
  const ends = checked.boolean('end_trace', false);
  checked.done();
  return { key, step: { name, tracked }, ends };
}

/** `timestamp` is the query parameter as Express gives it. */
export function endRequest(body: unknown, timestamp: unknown): { readonly key: RunKey; readonly endUs?: number } {
  const problems: Problem[] = [];
  const endUs = timestampIn(timestamp, problems);
  const checked = Checked.of(body, ['body'], problems);
  const key = keyIn(checked);
  checked.done();
  return { key, ...(endUs !== undefined && { endUs }) };
}

/** Runs that a client timed by its own monotonic clock; they end so long before `nowUs` as the client says. */
export function batchRequest(body: unknown, nowUs: number): TimedRun[] {
  const checked = Checked.of(body, ['body']);
  const runs = checked.list('runs', BATCH_RUNS).map((run) => timedRun(run, nowUs));
  checked.done();
  return runs;
}

function keyIn(checked: Checked): RunKey {
  return { tag: checked.text('trace_tag'), id: checked.optionalText('trace_id') };
}

function timedRun(run: Checked, nowUs: number): TimedRun {
  const key = keyIn(run);
  const steps = run.list('steps', RUN_STEPS).map((step) => ({
    name: step.text('step_name'),
    offsetMs: step.number('offset_ms', MOST_OFFSET_MS),
    tracked: step.boolean('track_duration', true),
  }));
  const lastMs = steps.at(-1)?.offsetMs ?? 0;
  const endMs = run.optionalNumber('end_ms', MOST_OFFSET_MS) ?? lastMs;
  const sentMs = run.optionalNumber('sent_ms', MOST_OFFSET_MS) ?? endMs;
  const offsets = [0, ...steps.map(({ offsetMs }) => offsetMs), endMs, sentMs];
  if (offsets.some((offset, index) => offset < (offsets[index - 1] ?? 0)))
    run.refuse('steps', 'offsets of the steps, end_ms and sent_ms must not go backwards');
  const startUs = nowUs - Math.round(sentMs * 1000);
  const at = (offsetMs: number): number => startUs + Math.round(offsetMs * 1000);
  return {
    ...key,
    startUs,
    endUs: at(endMs),
    steps: steps.map(({ name, offsetMs, tracked }) => ({ name, atUs: at(offsetMs), tracked })),
  };
}

function timestampIn(given: unknown, problems: Problem[]): number | undefined {
  if (given === undefined) return undefined;
  // Of several the last one counts.
  const text: unknown = Array.isArray(given) ? given.at(-1) : given;
  const us = typeof text === 'string' ? parseIsoTime(text) : undefined;
  if (us === undefined)
    problems.push({
      type: 'datetime_from_date_parsing',
      loc: ['query', 'timestamp'],
      msg: 'Input should be a valid datetime or date, up to the year 2255',
      input: text,
    });
  return us;
}
