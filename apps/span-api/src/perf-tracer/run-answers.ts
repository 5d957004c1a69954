import type { AddedStepDto, EndedRunDto, FinishedRunDto, LiveRunDto, RunStepDto, StartedRunDto } from '@tracer/dtos';
import {
  runDurationUs,
  stepDurationsUs,
  type AddedStep,
  type FinishedRun,
  type LiveRun,
  type RunKey,
} from '@tracer/storage';
import { isoTime } from './iso-time.js';
import type { StepRequest } from './run-requests.js';

const US = 1_000_000;

export function startedRun({ tag, id }: RunKey, startUs: number): StartedRunDto {
  return { message: 'Trace started', trace_tag: tag, trace_id: id, start_time: isoTime(startUs) };
}

export function addedStep({ key, step }: StepRequest, { atUs, durationUs }: AddedStep): AddedStepDto {
  return {
    message: 'Step added',
    trace_tag: key.tag,
    trace_id: key.id,
    step_name: step.name,
    step_time: isoTime(atUs),
    track_duration: step.tracked,
    duration_seconds: durationUs / US,
  };
}

export function endedRun(run: FinishedRun): EndedRunDto {
  return Object.assign({ message: 'Trace ended' }, finishedRun(run));
}

export function finishedRun(run: FinishedRun): FinishedRunDto {
  const durations = stepDurationsUs(run);
  return {
    trace_tag: run.tag,
    trace_id: run.id,
    start_time: isoTime(run.startUs),
    end_time: isoTime(run.endUs),
    duration_seconds: runDurationUs(run) / US,
    steps: run.steps.map(({ name, atUs, tracked }, index) => stepDto(name, atUs, tracked, durations[index] ?? 0)),
  };
}

export function liveRun({ id, startUs, lastUs, steps, lastStep }: LiveRun): LiveRunDto {
  return {
    trace_id: id,
    start_time: isoTime(startUs),
    last_time: isoTime(lastUs),
    steps,
    ...(lastStep !== undefined && { last_step: lastStep }),
  };
}

function stepDto(name: string, atUs: number, tracked: boolean, durationUs: number): RunStepDto {
  return { step_name: name, step_time: isoTime(atUs), track_duration: tracked, duration_seconds: durationUs / US };
}
