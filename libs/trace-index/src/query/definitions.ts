import type { HashKind } from './trace-event.js';

/** A process or thread name, or another fact about a process, as its metadata record says. */
export interface LaneFact {
  /** `process_name`, `thread_name`, `host` (of an HH record), or of a `PR` record the property's name (`rank`). */
  readonly fact: string;
  readonly pid: number | undefined;
  readonly tid: number | undefined;
  readonly text: string;
}

/** What the metadata records of a file define. */
export interface Definitions {
  /** Hash text (`hashText`) → resolved text, of each kind; the first record of the file wins. */
  readonly hashes: Readonly<Record<HashKind, ReadonlyMap<string, string>>>;
  readonly lanes: readonly LaneFact[];
}
