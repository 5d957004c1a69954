import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf, type Log } from '@tracer/base';
import { KubeApiError, type KubeApi, type KubeObject, type ResourceQuery, type WatchEvent } from './kube-api.js';

export interface WatchTiming {
  /** First pause after a failure; doubled at each further one. */
  readonly backOffMs: number;
  /** Longest pause, and so the longest time that a change can stay unseen while the API works. */
  readonly maxBackOffMs: number;
}

export interface ResourceWatchOptions {
  readonly api: KubeApi;
  readonly query: ResourceQuery;
  readonly timing: WatchTiming;
  readonly log: Log;
  /** Called with the whole collection, by `namespace/name`, each time that it changed. */
  readonly onChange: () => void;
  readonly now?: () => number;
}

/** A watch that lived for less than this is counted as a failure: a server that closes at once must not be hammered. */
const SHORT_LIVED_MS = 1_000;

/**
 * Keeps a copy of one collection of the Kubernetes API, for ever:
 *
 *            ┌────────────── 410, expired ───────────────┐
 *            ▼                                           │
 *   ──►    list  ──► version ──►  watch from version  ───┤
 *            ▲                      ▲                    │ ended, dropped (pause grows with each failure)
 *            │                      └────────────────────┤
 *            └── pause ◄── refused: 401, 403, 5xx … ─────┘
 *
 * No failure empties the copy: it keeps its last good state and says how old that is.
 */
export class ResourceWatch {
  readonly #options: ResourceWatchOptions;
  readonly #now: () => number;
  readonly #stop = new AbortController();
  #objects = new Map<string, KubeObject>();
  #version: string | undefined;
  #failures = 0;
  #openedAtMs: number | undefined;
  #open = false;
  #lastGoodAtMs: number | undefined;
  #lastError: string | undefined = 'not listed yet';
  #running: Promise<void> = Promise.resolve();

  constructor(options: ResourceWatchOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  start(): void {
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  objects(): readonly KubeObject[] {
    return [...this.#objects.values()];
  }

  /** While a watch is open the copy is as good as now. */
  get lastGoodAtMs(): number | undefined {
    return this.#open ? this.#now() : this.#lastGoodAtMs;
  }

  get lastError(): string | undefined {
    return this.#lastError;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const pauseMs = await this.#round();
      if (pauseMs > 0) await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Lists if necessary, watches until that ends for whatever reason, and says how long to wait before the next. */
  async #round(): Promise<number> {
    this.#openedAtMs = undefined;
    try {
      if (this.#version === undefined) await this.#list();
      await this.#watch();
      this.#failures = this.#livedLong() ? 0 : this.#failures + 1;
      return this.#failures === 0 ? 0 : this.#pauseMs();
    } catch (error) {
      return this.#stop.signal.aborted ? 0 : this.#failed(error);
    }
  }

  #livedLong(): boolean {
    return this.#openedAtMs !== undefined && this.#now() - this.#openedAtMs >= SHORT_LIVED_MS;
  }

  async #list(): Promise<void> {
    const { api, query, onChange } = this.#options;
    const { items, resourceVersion } = await api.list(query, this.#stop.signal);
    this.#objects = new Map(items.map((item) => [keyOf(item), item]));
    this.#version = resourceVersion;
    this.#good();
    onChange();
  }

  async #watch(): Promise<void> {
    const { api, query } = this.#options;
    const handler = {
      onOpen: () => {
        this.#open = true;
        this.#openedAtMs = this.#now();
        this.#good();
      },
      onEvent: (event: WatchEvent) => {
        this.#apply(event);
      },
    };
    try {
      await api.watch(query, this.#version ?? '', handler, this.#stop.signal);
    } finally {
      this.#open = false;
    }
  }

  #apply(event: WatchEvent): void {
    if (event.type === 'ERROR')
      throw new KubeApiError(event.object.code ?? 500, event.object.message ?? 'the watch failed');
    const { object, type } = event;
    this.#version = object.metadata?.resourceVersion ?? this.#version;
    this.#failures = 0;
    this.#good();
    if (type === 'BOOKMARK') return;
    if (type === 'DELETED') this.#objects.delete(keyOf(object));
    else this.#objects.set(keyOf(object), object);
    this.#options.onChange();
  }

  #good(): void {
    this.#lastGoodAtMs = this.#now();
    this.#lastError = undefined;
  }

  #failed(error: unknown): number {
    const { log, query } = this.#options;
    const status = error instanceof KubeApiError ? error.status : undefined;
    this.#failures = this.#livedLong() ? 1 : this.#failures + 1;
    // Listing replaces any refused watch, so that an account that may not watch still polls.
    if (status !== undefined) this.#version = undefined;
    // One expiry is ordinary and lists at once; a server that answers every watch with it is not.
    if (status === 410 && this.#failures === 1) return 0;
    const reason = reasonOf(error);
    this.#lastError = reason;
    log.warn({ path: query.path, status, reason, failures: this.#failures }, 'Kubernetes API, keeping the last list');
    return this.#pauseMs();
  }

  #pauseMs(): number {
    const { backOffMs, maxBackOffMs } = this.#options.timing;
    const fullMs = Math.min(maxBackOffMs, backOffMs * 2 ** Math.min(this.#failures - 1, 20));
    // Several gateways that lost the same server should not all come back at the same moment.
    return fullMs * (0.75 + Math.random() / 4);
  }
}

function keyOf({ metadata = {} }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name ?? ''}`;
}
