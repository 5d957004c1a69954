import type { DmEvent } from './dm-api.js';

/** What a live list shows now. */
export interface LiveView {
  /** Newest first. */
  readonly events: readonly DmEvent[];
  /** Events that have come since it was opened. */
  readonly received: number;
  /** Come while it was held, and shown when it goes on. */
  readonly waiting: number;
  /** Came too fast, or too many while it was held: never in the list. */
  readonly unseen: number;
}

/**
 * The latest events of a stream of server-sent events. The list can be held still: what comes meanwhile waits, and what does
 * not fit is counted, never silently gone. Only events that will be shown are parsed.
 *
 *     id: 4711
 *     data: {"seq":4711,…}
 */
export class LiveEvents {
  #shown: DmEvent[] = [];
  #waiting: string[] = [];
  #received = 0;
  #unseen = 0;
  #lastSeq: number | undefined;
  #held = false;

  constructor(private readonly most = 300) {}

  /** Behind which a stream that was cut goes on. */
  get lastSeq(): number | undefined {
    return this.#lastSeq;
  }

  get view(): LiveView {
    return { events: this.#shown, received: this.#received, waiting: this.#waiting.length, unseen: this.#unseen };
  }

  /** Lines of the stream, as they come. */
  take(lines: readonly string[]): void {
    for (const line of lines) {
      if (line.startsWith('data:')) {
        this.#received++;
        this.#waiting.push(line.slice('data:'.length));
      } else if (line.startsWith('id:')) this.#lastSeq = Number(line.slice('id:'.length));
    }
    const over = this.#waiting.length - this.most;
    if (over > 0) {
      this.#unseen += over;
      this.#waiting.splice(0, over);
    }
    if (!this.#held) this.#show();
  }

  hold(): void {
    this.#held = true;
  }

  goOn(): void {
    this.#held = false;
    this.#show();
  }

  #show(): void {
    if (this.#waiting.length === 0) return;
    const newest = this.#waiting.map((text) => JSON.parse(text) as DmEvent).reverse();
    this.#waiting = [];
    this.#shown = [...newest, ...this.#shown].slice(0, this.most);
  }
}
