/**
 * What the page knows of the server as a whole: whether it answers, and whether it wants a token. `epoch` counts the
 * reasons to ask again (the server came back, a token was given); views that failed do so when it changes.
 */
export interface Connection {
  readonly reachable: boolean;
  readonly needsToken: boolean;
  readonly epoch: number;
}

const TOKEN_KEY = 'tracer.token';
const PROBE_EVERY_MS = 2_000;

let state: Connection = { reachable: true, needsToken: false, epoch: 0 };
const listeners = new Set<() => void>();
let probe: number | undefined;

export const connection = (): Connection => state;

export function subscribeConnection(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function change(next: Partial<Connection>): void {
  state = { ...state, ...next };
  for (const listener of listeners) listener();
}

/** The token of this tab: it is gone when the tab is closed, and no other site can read it. */
export function token(): string | undefined {
  return window.sessionStorage.getItem(TOKEN_KEY) ?? undefined;
}

export function setToken(value: string): void {
  if (value === '') window.sessionStorage.removeItem(TOKEN_KEY);
  else window.sessionStorage.setItem(TOKEN_KEY, value);
  change({ needsToken: false, epoch: state.epoch + 1 });
}

export function tokenWanted(): void {
  if (!state.needsToken) change({ needsToken: true });
}

/** Asks `/health` until there is an answer, then lets every failed view try again. */
export function serverGone(): void {
  if (state.reachable) change({ reachable: false });
  probe ??= window.setInterval(() => {
    void fetch('health', { cache: 'no-store' }).then(serverAnswered, () => undefined);
  }, PROBE_EVERY_MS);
}

export function serverAnswered(): void {
  if (probe !== undefined) window.clearInterval(probe);
  probe = undefined;
  if (!state.reachable) change({ reachable: true, epoch: state.epoch + 1 });
}
