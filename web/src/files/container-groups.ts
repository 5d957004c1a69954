import { useMemo } from 'react';
import { useRequest, type ApiRequest } from '../api/index.js';
import type { LaneFact, LaneGroup } from '../lanes/index.js';

type Containers = Readonly<Record<string, readonly string[]>>;
/** Pod → container → processes that were seen in it. */
type Processes = Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
type GroupOf = (lane: LaneFact) => LaneGroup;

/** Kernel sessions are written as their number. */
const SESSION_FILE = /(?:^|\/)(\d{1,20})\.pfw\.gz$/;
const SHORT_ID = 12;
const UNSEEN: LaneGroup = { outer: 'processes that lived too shortly to be seen', inner: 'any container', last: true };

/**
 * Pod → container → thread for the lanes of a session. With one container all processes were in it; with several it is known
 * of those that the agent saw there, and never guessed of others.
 */
export function containerGroups(containers: Containers, processes: Processes): GroupOf | undefined {
  const all = Object.entries(containers).flatMap(([pod, names]) => names.map((name) => ({ pod, name })));
  const [only] = all;
  if (only === undefined) return undefined;
  const of = new Map<number, LaneGroup>();
  for (const { pod, name } of all) for (const pid of processes[pod]?.[name] ?? []) of.set(pid, groupFor(pod, name));
  const rest = all.length === 1 ? groupFor(only.pod, only.name) : UNSEEN;
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
  const { request, data, error } = useRequest(id === undefined ? undefined : sessionRequest(id));
  const groupOf = useMemo(() => {
    const [session] = Object.values(data ?? {});
    return session && containerGroups(session.Containers, session.processes ?? {});
  }, [data]);
  // A file with a number for a name may well be no session: then host and process do.
  const pending = request !== undefined && data === undefined && error === undefined;
  return { pending, ...(groupOf && { groupOf }) };
}

interface StoredSession {
  readonly Containers: Containers;
  /** Absent from agents that do not keep them. */
  readonly processes?: Processes;
}

const sessionRequest = (id: string): ApiRequest<Readonly<Record<string, StoredSession>>> => ({
  path: `/v1/trace-session/${id}`,
  query: { processes: 1 },
});
