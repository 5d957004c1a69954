import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf, TracerError, type Log } from '@tracer/base';
import type { SessionRecord } from './session.js';

const VERSION = 1;
const FILE = /^\d+\.json$/;

/**
 * Sessions on disk, one JSON file each: written beside, synced and renamed, so that at any moment a file is either the
 * old or the new record. Writes of one session are done in order, and only the newest of those that wait.
 */
export class SessionStore {
  readonly #pending = new Map<string, { record: SessionRecord | undefined; done: Promise<void> }>();
  readonly #busy = new Map<string, Promise<void>>();

  constructor(
    private readonly directory: string,
    private readonly log: Log,
  ) {}

  /**
   * All sessions that can be read. A file that cannot is renamed to `….bad`, so that nothing is lost and the agent
   * starts all the same. Throws STORAGE_FAILED when the directory cannot be made or read.
   */
  load(): SessionRecord[] {
    let names: string[];
    try {
      mkdirSync(this.directory, { recursive: true });
      names = readdirSync(this.directory);
      // Of a process that died while it wrote; the record before is still there.
      for (const name of names) if (name.endsWith('.new')) rmSync(join(this.directory, name));
    } catch (error) {
      throw new TracerError('STORAGE_FAILED', `cannot keep sessions in ${this.directory}: ${reasonOf(error)}`);
    }
    return names.filter((name) => FILE.test(name)).flatMap((name) => this.#read(join(this.directory, name)));
  }

  /** Settles when this record, or a newer one of the session, is safe on disk. Throws STORAGE_FAILED. */
  save(record: SessionRecord): Promise<void> {
    return this.#enqueue(record.definition.id, record);
  }

  /** Throws STORAGE_FAILED. */
  remove(id: string): Promise<void> {
    return this.#enqueue(id, undefined);
  }

  /** Settles when nothing waits to be written; never rejects. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#busy.values());
  }

  #enqueue(id: string, record: SessionRecord | undefined): Promise<void> {
    const waiting = this.#pending.get(id);
    if (waiting !== undefined) {
      waiting.record = record;
      return waiting.done;
    }
    const turn = { record, done: Promise.resolve() };
    turn.done = this.#afterBusy(id, () => {
      this.#pending.delete(id);
      return turn.record === undefined ? this.#erase(id) : this.#write(id, turn.record);
    });
    this.#pending.set(id, turn);
    return turn.done;
  }

  #afterBusy(id: string, work: () => Promise<void>): Promise<void> {
    const done = (this.#busy.get(id) ?? Promise.resolve()).catch(() => undefined).then(work);
    this.#busy.set(id, done);
    const forget = (): void => {
      if (this.#busy.get(id) === done) this.#busy.delete(id);
    };
    done.then(forget, forget);
    return done;
  }

  async #write(id: string, record: SessionRecord): Promise<void> {
    const path = join(this.directory, `${id}.json`);
    const beside = `${path}.new`;
    try {
      const file = await open(beside, 'w', 0o600);
      try {
        await file.writeFile(JSON.stringify({ version: VERSION, ...record }));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(beside, path);
      await this.#syncDirectory();
    } catch (error) {
      throw new TracerError('STORAGE_FAILED', `session ${id} could not be saved: ${reasonOf(error)}`);
    }
  }

  async #erase(id: string): Promise<void> {
    try {
      await rm(join(this.directory, `${id}.json`), { force: true });
      await this.#syncDirectory();
    } catch (error) {
      throw new TracerError('STORAGE_FAILED', `session ${id} could not be removed: ${reasonOf(error)}`);
    }
  }

  /** A rename is only on disk when its directory is. */
  async #syncDirectory(): Promise<void> {
    const directory = await open(this.directory, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  #read(path: string): SessionRecord[] {
    try {
      return [recordOf(JSON.parse(readFileSync(path, 'utf8')))];
    } catch (error) {
      this.log.error({ path, reason: reasonOf(error) }, 'a session could not be read and is set aside');
      renameSync(path, `${path}.bad`);
      return [];
    }
  }
}

/** Files are ours and written whole; this catches another version and a file that somebody edited. */
function recordOf(value: unknown): SessionRecord {
  const { version, ...record } = value as SessionRecord & { version: number };
  if (version !== VERSION) throw new Error(`version ${String(version)} is not ${VERSION}`);
  const { definition, state, run } = record;
  const isWhole =
    /^\d+$/.test(definition.id) &&
    [definition.params, definition.containers].every(Array.isArray) &&
    [definition.hook, definition.hookGroup, definition.context, state].every((text) => typeof text === 'string') &&
    [run.counts.events, run.counts.lost, run.counts.bytes, definition.limits.timeMs].every(Number.isFinite);
  if (!isWhole) throw new Error('a field is missing or has the wrong type');
  return record;
}
