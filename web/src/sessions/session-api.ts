import type { ApiRequest } from '../api/index.js';

/** Requests and answers of the gateway about pods, hooks and sessions; `docs/gateway.md` describes them. */

export interface Container {
  readonly Id: string;
  readonly Pod: string;
  /** Every process; null if none is known. */
  readonly Tasks: readonly number[] | null;
  readonly image?: string;
  readonly node: string;
}

export interface ClusterPod {
  readonly Containers: Readonly<Record<string, Container>>;
  readonly name?: string;
  readonly namespace?: string;
}

export type Pods = Readonly<Record<string, ClusterPod>>;

export interface Hook {
  readonly Name: string;
  readonly Description: readonly string[];
  readonly unavailable?: string;
  readonly nodes: readonly string[];
  readonly unavailableOn?: Readonly<Record<string, string>>;
}

export type HookGroups = Readonly<
  Record<string, { readonly Tracers: Readonly<Record<string, Hook>>; readonly problem?: string }>
>;

export type SessionState = 'pending' | 'running' | 'finished' | 'failed' | 'interrupted';

export interface Session {
  readonly Id: string;
  readonly Context: string;
  readonly Node: string;
  readonly Containers: Readonly<Record<string, readonly string[]>>;
  readonly TraceHook: string;
  readonly TraceParams: readonly string[];
  readonly Output: readonly string[] | null;
  readonly Error: readonly string[] | null;
  readonly Group?: string;
  readonly hookGroup: string;
  readonly state: SessionState;
  readonly reason?: string;
  readonly events: number;
  readonly lost: number;
  readonly lostByCpu?: Readonly<Record<string, number>>;
  readonly unpaired?: number;
  readonly bytes: number;
  readonly tasks: number;
  readonly startedAt?: number;
  readonly stoppedAt?: number;
  readonly file?: string;
  readonly limits: { readonly timeMs: number; readonly events: number; readonly bytes: number };
}

export type Sessions = Readonly<Record<string, Session>>;

export interface CallTotals {
  readonly count: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly totalNs: number;
  readonly meanNs: number;
  /** Absent where several nodes have calls of the name. */
  readonly p50Ns?: number;
  readonly p99Ns?: number;
  readonly maxNs: number;
  readonly unfinished: number;
}

export interface Summary {
  readonly state: SessionState;
  readonly events: number;
  readonly lost: number;
  readonly asOf?: number;
  readonly calls: Readonly<Record<string, CallTotals>>;
  readonly nodes: readonly { readonly Node: string; readonly counters: Readonly<Record<string, number>> }[];
}

export interface NodeFacts {
  readonly name: string;
  readonly url?: string;
  readonly state: 'unknown' | 'answering' | 'failing' | 'absent';
  readonly lastError?: string;
  readonly lastSeenAt?: string;
  readonly latencyMs?: number;
}

export interface Nodes {
  readonly nodes: readonly NodeFacts[];
  readonly sources: readonly {
    readonly kind: string;
    readonly target: string;
    readonly nodes: number;
    readonly ageMs?: number;
    readonly lastError?: string;
  }[];
}

/** A session as it is asked for; empty parts are left out. */
export interface SessionWish {
  readonly pod: string;
  readonly container: string;
  readonly 'trace-hook': string;
  readonly 'trace-arguments'?: string;
  readonly 'trace-user-context'?: string;
  readonly 'time-limit-ms'?: number;
  readonly 'event-limit'?: number;
  readonly 'byte-limit'?: number;
}

export const podsRequest: ApiRequest<Pods> = { path: '/v1/pods' };
export const hooksRequest: ApiRequest<HookGroups> = { path: '/v1/trace-hooks' };
export const nodesRequest: ApiRequest<Nodes> = { path: '/v1/nodes' };

/** A session by its id, those of a group by the group's, or `all`. */
export const sessionsRequest = (id: string): ApiRequest<Sessions> => ({ path: `/v1/trace-session/${part(id)}` });

export const summaryRequest = (id: string): ApiRequest<Summary> => ({ path: `/v1/trace-session/${part(id)}/summary` });

export const eventsRequest = (id: string): ApiRequest => ({ path: `/v1/trace-session/${part(id)}/events` });

export const createRequest = (wish: SessionWish): ApiRequest<Sessions> => ({
  method: 'POST',
  path: '/v1/trace-session',
  body: wish,
});

export const runRequest = (id: string, run: boolean): ApiRequest<object> => ({
  method: 'PUT',
  path: `/v1/trace-session/${part(id)}`,
  body: { run },
});

export const deleteRequest = (id: string, purge: boolean): ApiRequest<object> => ({
  method: 'DELETE',
  path: `/v1/trace-session/${part(id)}`,
  query: { purge: purge ? 1 : undefined },
});

/** Ids may be `number@node`. */
const part = (id: string): string => encodeURIComponent(id);
