import type { Session, SessionState, Sessions } from './session-api.js';

/** The sessions that one request defined, on however many nodes, as one thing. */
export interface SessionGroup {
  /** What the routes take: the group, or the only session's id. */
  readonly id: string;
  readonly sessions: readonly Session[];
  /** The liveliest of all. */
  readonly state: SessionState;
  readonly reasons: readonly string[];
  readonly context: string;
  /** `group/name` of the hook. */
  readonly hook: string;
  readonly parameters: string;
  readonly nodes: readonly string[];
  readonly containers: number;
  readonly events: number;
  readonly lost: number;
  readonly unpaired: number;
  readonly bytes: number;
  readonly tasks: number;
  readonly startedAtUs?: number;
  readonly stoppedAtUs?: number;
  readonly files: readonly string[];
}

const LIVELIEST: readonly SessionState[] = ['running', 'pending', 'failed', 'interrupted', 'finished'];

/** Groups sessions, the latest started first and those that have not run before all. */
export function groupSessions(sessions: Sessions): SessionGroup[] {
  const groups = new Map<string, Session[]>();
  for (const [id, session] of Object.entries(sessions)) {
    const key = session.Group ?? id;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [session]);
    else group.push(session);
  }
  return [...groups]
    .map(([id, members]) => groupOf(id, members))
    .sort((a, b) => (b.startedAtUs ?? Infinity) - (a.startedAtUs ?? Infinity) || (a.id < b.id ? -1 : 1));
}

function groupOf(id: string, sessions: readonly Session[]): SessionGroup {
  const [first] = sessions;
  const states = new Set(sessions.map(({ state }) => state));
  const sum = (of: (session: Session) => number): number => sessions.reduce((total, session) => total + of(session), 0);
  return {
    id,
    sessions,
    state: LIVELIEST.find((state) => states.has(state)) ?? 'pending',
    reasons: [...new Set(sessions.flatMap(({ reason }) => reason ?? []))],
    ...(first === undefined ? NOTHING : wordsOf(first)),
    nodes: sessions.map(({ Node }) => Node),
    containers: sum(({ Containers }) => Object.values(Containers).flat().length),
    events: sum(({ events }) => events),
    lost: sum(({ lost }) => lost),
    unpaired: sum(({ unpaired = 0 }) => unpaired),
    bytes: sum(({ bytes }) => bytes),
    tasks: sum(({ tasks }) => tasks),
    ...timesOf(sessions),
    files: sessions.flatMap(({ file, events }) => (file === undefined || events === 0 ? [] : [file])),
  };
}

type Words = Pick<SessionGroup, 'context' | 'hook' | 'parameters'>;

const NOTHING: Words = { context: '', hook: '', parameters: '' };

/** The same in all sessions of a request. */
function wordsOf({ Context, hookGroup, TraceHook, TraceParams }: Session): Words {
  return { context: Context, hook: `${hookGroup}/${TraceHook}`, parameters: TraceParams.join(' ') };
}

/** It has stopped when all have. */
function timesOf(sessions: readonly Session[]): Pick<SessionGroup, 'startedAtUs' | 'stoppedAtUs'> {
  const started = sessions.flatMap(({ startedAt }) => startedAt ?? []);
  const stopped = sessions.flatMap(({ stoppedAt }) => stoppedAt ?? []);
  return {
    ...(started.length > 0 && { startedAtUs: Math.min(...started) }),
    ...(stopped.length > 0 && stopped.length === sessions.length && { stoppedAtUs: Math.max(...stopped) }),
  };
}

/** Part of the events that was lost, 0 to 1. */
export function lostPart({ events, lost }: Pick<SessionGroup, 'events' | 'lost'>): number {
  return lost === 0 ? 0 : lost / (events + lost);
}

/** How long the run took or takes, microseconds; undefined before it. */
export function runningUs({ startedAtUs, stoppedAtUs, state }: SessionGroup, nowUs: number): number | undefined {
  if (startedAtUs === undefined) return undefined;
  const endUs = state === 'running' ? nowUs : stoppedAtUs;
  return endUs === undefined || endUs < startedAtUs ? undefined : endUs - startedAtUs;
}
