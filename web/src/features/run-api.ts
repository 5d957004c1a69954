import type { ApiRequest } from '../api/index.js';

/** Requests and answers about feature runs. Durations are seconds, exact to the microsecond; times are ISO 8601. */

export interface TagFigures {
  readonly trace_tag: string;
  readonly runs: number;
  readonly live: number;
  readonly last_end_time: string;
}

export interface RunStep {
  readonly step_name: string;
  readonly step_time: string;
  readonly track_duration: boolean;
  readonly duration_seconds: number;
}

export interface ListedRun {
  readonly trace_id: string | null;
  readonly start_time: string;
  readonly end_time: string;
  readonly duration_seconds: number;
  readonly steps: readonly RunStep[];
  /** Under which the span routes show the run. */
  readonly span_trace_id: string;
}

export interface LiveRun {
  readonly trace_tag?: string;
  readonly trace_id: string | null;
  readonly start_time: string;
  readonly last_time: string;
  readonly steps: number;
  readonly last_step?: string;
}

export interface TimeFigures {
  readonly count: number;
  readonly min_seconds: number;
  readonly p50_seconds: number;
  readonly p95_seconds: number;
  readonly p99_seconds: number;
  readonly max_seconds: number;
}

export interface RunSummary {
  readonly runs: number;
  readonly total?: TimeFigures;
  readonly steps: readonly (TimeFigures & { readonly step_name: string })[];
  readonly trend?: { readonly seconds_per_run: number; readonly p_value: number };
  readonly live: readonly LiveRun[];
}

export interface RunDifference {
  readonly step_name: string | null;
  readonly a?: TimeFigures;
  readonly b?: TimeFigures;
  readonly shift_seconds?: number;
  readonly p_value?: number;
  readonly p_adjusted?: number;
  readonly significant: boolean;
}

export interface RunComparison {
  readonly a: { readonly selection: string; readonly runs: number };
  readonly b: { readonly selection: string; readonly runs: number };
  readonly differences: readonly RunDifference[];
}

const segment = encodeURIComponent;

export const tagsRequest = (
  contains: string,
  cursor?: number,
): ApiRequest<{ readonly tags: readonly TagFigures[]; readonly next?: number }> => ({
  path: '/api/v1/perf/tags',
  query: { contains, cursor },
});

export const runsRequest = (
  tag: string,
  query: { readonly limit?: number; readonly cursor?: number; readonly id?: string },
): ApiRequest<{ readonly runs: readonly ListedRun[]; readonly next?: number }> => ({
  path: `/api/v1/perf/tags/${segment(tag)}/runs`,
  query,
});

export const liveRequest: ApiRequest<{ readonly runs: readonly LiveRun[] }> = { path: '/api/v1/perf/live' };

export const summaryRequest = (tag: string, last: number, id: string): ApiRequest<RunSummary> => ({
  path: `/api/traces/${segment(tag)}/summary`,
  query: { last, id },
});

export interface RunBudget {
  readonly step_name: string | null;
  readonly runs: number;
  readonly ok: boolean;
  readonly checks: readonly {
    readonly figure: string;
    readonly limit_ms: number;
    readonly actual_ms: number;
    readonly ok: boolean;
  }[];
}

/** 412 says that the budget is not kept, with the same figures. */
export const budgetRequest = (tag: string, query: ApiRequest['query']): ApiRequest<RunBudget> => ({
  path: `/api/traces/${segment(tag)}/budget`,
  ...(query && { query }),
  answers: [412],
});

export const compareRequest = (tag: string, a: string, b: string, last: number): ApiRequest<RunComparison> => ({
  path: `/api/traces/${segment(tag)}/compare`,
  query: { a, b, last },
});
