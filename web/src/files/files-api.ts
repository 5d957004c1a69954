import type { ApiRequest, QueryValue } from '../api/index.js';
import type { EventRecord, LaneFact } from '../lanes/index.js';

export type FileState = 'waiting' | 'indexing' | 'ready' | 'unreadable';

/** A file of `/api/v1/info`. */
export interface FileBounds {
  readonly path: string;
  readonly state: FileState;
  readonly is_small: boolean;
  readonly has_checkpoint_index: boolean;
  readonly min_timestamp_us?: number;
  readonly max_timestamp_us?: number;
}

export interface FilesAnswer {
  readonly files: readonly FileBounds[];
}

export interface InfoAnswer extends FilesAnswer {
  readonly ignored: Readonly<Record<string, number>>;
}

export interface FileInfo extends FileBounds {
  readonly compressed_size: number;
  readonly num_events?: number;
  readonly complete?: boolean;
  readonly uncompressed_size?: number;
  readonly skipped?: Readonly<Record<string, number>>;
  readonly problem?: { readonly kind: string; readonly message: string };
}

export interface NamesAnswer {
  readonly names: readonly NameTotals[];
  readonly total: number;
  readonly truncated: boolean;
  readonly left_out: number;
}

export interface NameTotals {
  readonly name: string | null;
  readonly cat: string | null;
  readonly count: number;
  readonly total_us: number;
  readonly mean_us: number | null;
  readonly min_us: number | null;
  readonly max_us: number | null;
}

export interface HistogramAnswer {
  readonly count: number;
  readonly without_duration: number;
  readonly zero: number;
  readonly p50_us: number | null;
  readonly p95_us: number | null;
  readonly p99_us: number | null;
  readonly max_us: number | null;
  readonly buckets: readonly { readonly from_us: number; readonly to_us: number; readonly count: number }[];
}

export interface CountersAnswer {
  readonly begin_us: number | null;
  readonly bucket_us: number;
  readonly operations: readonly number[];
  readonly read_operations: readonly number[];
  readonly write_operations: readonly number[];
  readonly read_bytes: readonly number[];
  readonly write_bytes: readonly number[];
  readonly untimed: number;
}

export interface GroupsAnswer {
  readonly groups: readonly {
    readonly key: Readonly<Record<string, string | number | null>>;
    readonly values: Readonly<Record<string, number | null>>;
  }[];
  readonly total_groups: number;
  readonly truncated: boolean;
  readonly matched: number;
  readonly left_out: number;
}

export interface CallNode {
  readonly name: string;
  readonly count: number;
  readonly total_us: number;
  readonly self_us: number;
  readonly children: readonly CallNode[];
}

export interface CallTreeAnswer {
  readonly lanes: readonly {
    readonly pid: number | null;
    readonly tid: number | null;
    readonly total_us: number;
    readonly children: readonly CallNode[];
  }[];
  readonly events: number;
  readonly untimed: number;
  readonly left_out: number;
  readonly cut: number;
  readonly pruned: number;
}

type Query = Readonly<Record<string, QueryValue>>;

export const filesRequest: ApiRequest<FilesAnswer> = { path: '/api/v1/files' };
export const infoRequest: ApiRequest<InfoAnswer> = { path: '/api/v1/info' };
export const fileInfoRequest = (file: string): ApiRequest<FileInfo> => ({
  path: '/api/v1/files/info',
  query: { file },
});
export const lanesRequest = (query: Query): ApiRequest<{ readonly lanes: readonly LaneFact[] }> => ({
  path: '/api/v1/lanes',
  query,
});
export const namesRequest = (query: Query): ApiRequest<NamesAnswer> => ({ path: '/api/v1/names', query });
export const histogramRequest = (query: Query): ApiRequest<HistogramAnswer> => ({
  path: '/api/v1/viz/histogram',
  query,
});
export const countersRequest = (query: Query): ApiRequest<CountersAnswer> => ({ path: '/api/v1/counters', query });
export const callTreeRequest = (query: Query): ApiRequest<CallTreeAnswer> => ({ path: '/api/v1/viz/calltree', query });
export const groupsRequest = (body: object): ApiRequest<GroupsAnswer> => ({
  method: 'POST',
  path: '/api/v1/query',
  body,
});
export const vizEventsRequest = (query: Query): ApiRequest<{ readonly events: readonly EventRecord[] }> => ({
  path: '/api/v1/viz/events',
  query,
});
