import { reasonOf, type Log } from '@tracer/base';
import type { Pod, PodSource } from '@tracer/pods';

export interface FoundLaterOptions {
  /** Looks which source is the best one now. */
  readonly look: () => Promise<PodSource>;
  /** Whether pods may be learnt from elsewhere now: sessions under way know them as the present source names them. */
  readonly mayChange: () => boolean;
  /** Told when a runtime was found: what was learnt before is not true any more. */
  readonly onFound: () => void;
  readonly log: Log;
  /** Between two looks: the first pause, and the longest. */
  readonly pauseMs?: { readonly first: number; readonly longest: number };
}

const PAUSE_MS = { first: 2_000, longest: 60_000 };

/**
 * The process table until a container runtime is there: on a node that starts, the agent may well be first. Looks again
 * and again, with growing pauses, and stays with the runtime that it finds.
 */
export class FoundLater implements PodSource {
  #current: PodSource;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(
    processTable: PodSource,
    private readonly options: FoundLaterOptions,
  ) {
    this.#current = processTable;
    this.#lookIn((options.pauseMs ?? PAUSE_MS).first);
  }

  get kind(): PodSource['kind'] {
    return this.#current.kind;
  }

  get endpoint(): string {
    return this.#current.endpoint;
  }

  scan(): Promise<Pod[]> {
    return this.#current.scan();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#current.close();
  }

  #lookIn(pauseMs: number): void {
    const { longest } = this.options.pauseMs ?? PAUSE_MS;
    this.#timer = setTimeout(() => {
      void this.#look().then((found) => {
        if (!found && !this.#isClosed) this.#lookIn(Math.min(longest, pauseMs * 2));
      });
    }, pauseMs).unref();
  }

  /** Whether that was the last look. */
  async #look(): Promise<boolean> {
    const { look, mayChange, onFound, log } = this.options;
    if (!mayChange()) return false;
    let found: PodSource;
    try {
      found = await look();
    } catch (error) {
      log.warn({ reason: reasonOf(error) }, 'a look for a container runtime failed');
      return false;
    }
    if (this.#isClosed || found.kind !== 'cri' || !mayChange()) {
      found.close();
      return this.#isClosed;
    }
    const before = this.#current;
    this.#current = found;
    before.close();
    log.info({ socket: found.endpoint }, 'a container runtime has appeared: pods are learnt from it from now on');
    onFound();
    return true;
  }
}
