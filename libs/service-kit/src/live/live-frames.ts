/** How live events travel: as lines of JSON, or as server-sent events. */
export type LiveFormat = 'ndjson' | 'sse';

const NEWLINE = 0x0a;
/** Lines that stand for events which somebody on the way here left out. */
const NOTICES = ['"name":"tail skipped"', '"name":"events skipped"'].map((text) => Buffer.from(text));

/**
 * Whole frames on their way to any number of readers, who all get the same bytes:
 *
 *   ndjson   lines
 *   sse      `data: <line>` and other frames, each followed by an empty line
 */
export class LiveFrames {
  #events: number | undefined;

  constructor(
    readonly bytes: Buffer,
    private readonly format: LiveFormat,
  ) {}

  /** How many events are missing when these bytes are thrown away: theirs, and those that they say are missing already. */
  get events(): number {
    return (this.#events ??= this.format === 'sse' ? eventsInSse(this.bytes) : eventsIn(this.bytes));
  }
}

/** The same of lines. */
export function eventsIn(lines: Buffer): number {
  let count = countLines(lines);
  for (const notice of NOTICES)
    for (let at = lines.indexOf(notice); at >= 0; at = lines.indexOf(notice, at + notice.length)) {
      const from = lines.lastIndexOf(NEWLINE, at) + 1;
      const end = lines.indexOf(NEWLINE, at);
      count += skippedBy(lines.toString('utf8', from, end < 0 ? lines.length : end)) - 1;
    }
  return count;
}

function eventsInSse(bytes: Buffer): number {
  let count = 0;
  for (const frame of bytes.toString('latin1').split('\n\n')) {
    if (frame.startsWith('data: ')) count += eventsIn(Buffer.from(`${frame.slice(6)}\n`, 'latin1'));
    else if (frame.startsWith('event: skipped\ndata: '))
      count += countOf(frame.slice(frame.indexOf('data: ') + 6), ({ count }) => count) ?? 0;
  }
  return count;
}

function skippedBy(notice: string): number {
  // A line of that name that is none of ours is an event.
  return countOf(notice, ({ args }) => args?.count) ?? 1;
}

interface Notice {
  readonly count?: unknown;
  readonly args?: { readonly count?: unknown };
}

function countOf(text: string, read: (notice: Notice) => unknown): number | undefined {
  try {
    const count = read(JSON.parse(text) as Notice);
    return typeof count === 'number' ? count : undefined;
  } catch {
    return undefined;
  }
}

function countLines(lines: Buffer): number {
  let count = 0;
  for (let at = lines.indexOf(NEWLINE); at >= 0; at = lines.indexOf(NEWLINE, at + 1)) count++;
  return count;
}
