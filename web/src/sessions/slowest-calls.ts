/** A line of a trace file, as it is followed. */
export interface TracedEvent {
  readonly name: string;
  readonly cat?: string;
  readonly ph?: string;
  readonly node?: string;
  readonly pid?: number;
  readonly tid?: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly args?: Readonly<Record<string, unknown>>;
}

/**
 * The slowest events of those that were seen, and how many were seen. A page cannot look at every event of a busy session:
 * what it did not look at is a number beside the list, never silence.
 */
export class SlowestCalls {
  #seen = 0;
  #skipped = 0;
  readonly #lostNodes: string[] = [];
  #list: TracedEvent[] = [];

  constructor(private readonly most = 20) {}

  get seen(): number {
    return this.#seen;
  }

  /** Events that the server left out because the page reads slower than the session writes. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Nodes that the gateway lost while they were followed, with its reasons. */
  get lostNodes(): readonly string[] {
    return this.#lostNodes;
  }

  /** Slowest first. */
  get list(): readonly TracedEvent[] {
    return this.#list;
  }

  /** Takes a line of the stream; one that is no event is passed over. */
  take(line: string): void {
    const event = parsed(line);
    if (event === undefined) return;
    if (event.cat === 'tracer') {
      this.#takeNote(event);
      return;
    }
    // Names of processes and threads come as events of their own.
    if (event.ph === 'M') return;
    this.#seen++;
    this.#rank(event);
  }

  /** What the stream says of itself. */
  #takeNote({ name, args = {} }: TracedEvent): void {
    if (name === 'events skipped') this.#skipped += Number(args['count'] ?? 0);
    if (name === 'node lost') this.#lostNodes.push(`${String(args['node'])}: ${String(args['reason'])}`);
  }

  #rank(event: TracedEvent): void {
    const { dur = 0 } = event;
    const isFull = this.#list.length >= this.most;
    if (isFull && dur <= (this.#list.at(-1)?.dur ?? 0)) return;
    const at = this.#list.findIndex((other) => (other.dur ?? 0) < dur);
    this.#list.splice(at < 0 ? this.#list.length : at, 0, event);
    this.#list.length = Math.min(this.#list.length, this.most);
  }
}

function parsed(line: string): TracedEvent | undefined {
  const text = line.endsWith(',') ? line.slice(0, -1) : line;
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as TracedEvent;
  } catch {
    return undefined;
  }
}
