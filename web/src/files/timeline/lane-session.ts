import { headersOf, serverGone, tokenWanted } from '../../api/index.js';
import {
  LaneView,
  TileError,
  WorkerTiles,
  type LaneFact,
  type LaneGroup,
  type LaneTheme,
  type LaneViewState,
  type TimeBounds,
  type TimeView,
} from '../../lanes/index.js';
import type { QueryValue } from '../../api/index.js';

interface SessionOptions {
  readonly bounds: TimeBounds;
  readonly facts: readonly LaneFact[];
  readonly conditions: Readonly<Record<string, QueryValue>>;
  readonly groupOf?: ((lane: LaneFact) => LaneGroup) | undefined;
  readonly theme: LaneTheme;
}

let opened = 0;

/** One timeline while it is shown: the view, the worker behind it, and who listens to its state. */
export class LaneSession {
  /** Another session is another canvas: what is drawn must not be that of the one before. */
  readonly id = opened++;
  readonly view: LaneView;
  readonly #tiles = new WorkerTiles(() => headersOf({ path: '' }));
  readonly #listeners = new Set<() => void>();
  readonly #frames = new Set<(view: TimeView) => void>();
  #state: LaneViewState | undefined;
  #error: Error | undefined;

  constructor({ bounds, facts, conditions, groupOf, theme }: SessionOptions) {
    const choice = conditions as Record<string, string | number | readonly string[] | undefined>;
    const originUs = Number(bounds.originUs);
    this.view = new LaneView({
      bounds,
      facts,
      theme,
      ...(groupOf && { groupOf }),
      load: (key, expectedEvents, signal) => this.#tiles.get({ key, originUs, choice, expectedEvents }, signal),
      onChange: (state) => {
        this.#state = state;
        this.#tell();
      },
      onError: (error) => this.report(error),
      onFrame: (view) => {
        for (const frame of this.#frames) frame(view);
      },
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Called after every frame, with what it showed. */
  onFrame(listener: (view: TimeView) => void): () => void {
    this.#frames.add(listener);
    return () => this.#frames.delete(listener);
  }

  readonly state = (): LaneViewState | undefined => this.#state;
  readonly error = (): Error | undefined => this.#error;

  /** Shows a failure above the lanes; the worker knows nothing of the state of the server as a whole. */
  report(error: unknown): void {
    if (error instanceof TileError && error.status === 0) serverGone();
    if (error instanceof TileError && error.status === 401) tokenWanted();
    this.#error = error instanceof Error ? error : new Error(String(error));
    this.#tell();
  }

  /** Asks again for what failed. */
  retry(): void {
    this.#error = undefined;
    this.view.store.retry();
    this.view.panPx(0);
    this.#tell();
  }

  close(): void {
    this.view.close();
    this.#tiles.close();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
