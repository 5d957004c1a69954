import { statSync } from 'node:fs';

const LOOK_MS = 1_000;

/**
 * Calls when one of the files is another than before. Looked at by time, not by notification: mounted secrets are
 * swapped by renaming a directory that a link points to, which notifications on the file miss.
 */
export class WatchedFiles {
  #seen: string;
  readonly #timer: NodeJS.Timeout;

  constructor(
    private readonly paths: readonly string[],
    private readonly onChange: () => void,
    lookMs = LOOK_MS,
  ) {
    this.#seen = this.#look();
    this.#timer = setInterval(() => {
      this.check();
    }, lookMs).unref();
  }

  check(): void {
    const now = this.#look();
    if (now === this.#seen) return;
    this.#seen = now;
    this.onChange();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): string {
    return this.paths
      .map((path) => {
        try {
          const { ino, size, mtimeMs, ctimeMs } = statSync(path);
          return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
        } catch {
          return 'absent';
        }
      })
      .join('; ');
  }
}
