import { TracerError } from '@tracer/base';
import { filledParameter, wholeParameter, type RawQuery } from '../http/query-parameters.js';

const DEFAULT_LIMIT = 20;
const MOST_TRACES = 1000;
/** Still exact in microseconds. */
const LATEST_MS = 4_000_000_000_000;

/** The search for traces as ATS has it, in our units. */
export interface AtsTraceQuery {
  readonly application: string;
  readonly fromUs: number;
  readonly toUs: number;
  readonly limit: number;
  readonly minDurationUs: number;
  readonly failedOnly: boolean;
  readonly monitorGroup: string | undefined;
  readonly instance: string | undefined;
  readonly transaction: string | undefined;
}

/** Reads the parameters; times and durations come in milliseconds. Throws VALIDATION naming the parameter. */
export function atsTraceQuery(query: RawQuery): AtsTraceQuery {
  const startMs = requiredTime(query, 'startTime');
  const endMs = requiredTime(query, 'endTime');
  if (startMs >= endMs) throw new TracerError('VALIDATION', 'startTime must be before endTime.');
  const limit = wholeParameter(query, 'limit') ?? DEFAULT_LIMIT;
  if (limit < 1 || limit > MOST_TRACES) throw invalid('limit', `from 1 to ${MOST_TRACES}`);
  const durationMs = wholeParameter(query, 'duration') ?? 0;
  if (durationMs < 0) throw invalid('duration', '0 or more');
  const status = filledParameter(query, 'status');
  if (status !== undefined && status !== '0' && status !== '1') throw invalid('status', '1 for failed ones, or absent');
  return {
    application: requiredText(query, 'application').toLowerCase(),
    fromUs: startMs * 1000,
    toUs: endMs * 1000,
    limit,
    minDurationUs: Math.min(durationMs, LATEST_MS) * 1000,
    failedOnly: status === '1',
    monitorGroup: monitorGroupOf(query),
    instance: filledParameter(query, 'instance'),
    transaction: filledParameter(query, 'transaction'),
  };
}

export function requiredText(query: RawQuery, name: string): string {
  const text = filledParameter(query, name);
  if (text === undefined) throw new TracerError('VALIDATION', `${name} is required.`);
  return text;
}

/** The published example of one page misspells the parameter. */
export function monitorGroupOf(query: RawQuery): string | undefined {
  return filledParameter(query, 'monitorGroup') ?? filledParameter(query, 'monitorGoup');
}

function requiredTime(query: RawQuery, name: string): number {
  const timeMs = wholeParameter(query, name);
  if (timeMs === undefined) throw new TracerError('VALIDATION', `${name} is required.`);
  if (timeMs < 0) throw invalid(name, 'a time in milliseconds since 1970');
  return Math.min(timeMs, LATEST_MS);
}

function invalid(name: string, expected: string): TracerError {
  return new TracerError('VALIDATION', `${name} must be ${expected}.`);
}
