import { watch, type FSWatcher } from 'node:fs';
import { reasonOf, type Log } from '@tracer/base';

/**
 * Tells when something changes in any of a set of directories. One watch per directory: the recursive mode of Node
 * watches every file by itself. Where watching is not possible (too many watches, network file systems) it says so once;
 * the periodic look through the directory then finds changes later.
 */
export class DirectoryWatch {
  readonly #watchers = new Map<string, FSWatcher>();
  #complained = false;

  constructor(
    private readonly onChange: () => void,
    private readonly log: Log,
  ) {}

  /** Watches exactly these directories from now on. */
  follow(directories: readonly string[]): void {
    const wanted = new Set(directories);
    for (const [path, watcher] of this.#watchers) {
      if (wanted.has(path)) continue;
      watcher.close();
      this.#watchers.delete(path);
    }
    for (const path of wanted) if (!this.#watchers.has(path)) this.#add(path);
  }

  #add(path: string): void {
    try {
      const watcher = watch(path, { persistent: false }, this.onChange);
      watcher.on('error', (error) => {
        watcher.close();
        this.#watchers.delete(path);
        this.#complain(path, error);
      });
      this.#watchers.set(path, watcher);
    } catch (error) {
      this.#complain(path, error);
    }
  }

  #complain(path: string, error: unknown): void {
    if (this.#complained) return;
    this.#complained = true;
    this.log.warn({ path, reason: reasonOf(error) }, 'a directory cannot be watched; changes are found by looking');
  }

  close(): void {
    this.follow([]);
  }
}
