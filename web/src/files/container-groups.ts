import { useMemo } from 'react';
import { useRequest, type ApiRequest, type RequestState } from '../api/index.js';
import type { LaneFact, LaneGroup } from '../lanes/index.js';

type Containers = Readonly<Record<string, readonly string[]>>;
type Pods = Readonly<
  Record<string, { readonly Containers: Readonly<Record<string, { readonly Tasks: readonly number[] | null }>> }>
>;
type GroupOf = (lane: LaneFact) => LaneGroup;

/** Kernel sessions are written as their number. */
const SESSION_FILE = /(?:^|\/)(\d{1,20})\.pfw\.gz$/;
const SHORT_ID = 12;

/**
 * Pod → container → thread for the lanes of a session. The file does not say which process was in which container: with one
 * container all were in it; with several it is known of the processes that still run there.
 */
export function containerGroups(containers: Containers, pods: Pods): GroupOf | undefined {
  const all = Object.entries(containers).flatMap(([pod, names]) => names.map((name) => ({ pod, name })));
  const [only] = all;
  if (only === undefined) return undefined;
  const of = new Map<number, LaneGroup>();
  for (const { pod, name } of all)
    for (const pid of pods[pod]?.Containers[name]?.Tasks ?? []) of.set(pid, groupFor(pod, name));
  const rest =
    all.length === 1 ? groupFor(only.pod, only.name) : { outer: 'processes that have ended', inner: 'any container' };
  return ({ pid }) => of.get(pid ?? -1) ?? rest;
}

function groupFor(pod: string, name: string): LaneGroup {
  const isId = /^[0-9a-f]{20,}$/.test(name);
  return { outer: pod, inner: `container ${isId ? name.slice(0, SHORT_ID) : name}` };
}

/** How the lanes of these files are grouped; `pending` until that is known. */
export function useContainerGroups(files: readonly string[]): {
  readonly pending: boolean;
  readonly groupOf?: GroupOf;
} {
  const id = files.length === 1 ? SESSION_FILE.exec(files[0] ?? '')?.[1] : undefined;
  const session = useRequest(id === undefined ? undefined : sessionRequest(id));
  const containers = containersOf(session.data);
  const several = Object.values(containers).flat().length > 1;
  const pods = useRequest(several ? PODS : undefined);
  const groupOf = useMemo(() => containerGroups(containers, pods.data ?? {}), [session.data, pods.data]);
  // A file with a number for a name may well be no session: then host and process do.
  return { pending: waitsFor(session) || waitsFor(pods), ...(groupOf && { groupOf }) };
}

const waitsFor = ({ request, data, error }: RequestState<unknown>): boolean =>
  request !== undefined && data === undefined && error === undefined;

const containersOf = (sessions: Sessions | undefined): Containers => Object.values(sessions ?? {})[0]?.Containers ?? {};

type Sessions = Readonly<Record<string, { readonly Containers: Containers }>>;

const PODS: ApiRequest<Pods> = { path: '/v1/pods' };
const sessionRequest = (id: string): ApiRequest<Sessions> => ({
  path: `/v1/trace-session/${id}`,
});
