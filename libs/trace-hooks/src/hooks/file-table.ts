/** A file that was opened in the session, until its descriptor is closed. */
export interface OpenFile {
  readonly pid: number;
  readonly tid: number;
  readonly fd: number;
  /** Undefined for openat2, whose flags lie in the memory of the process. */
  readonly flags: number | undefined;
  readonly enteredNs: number;
  readonly openedNs: number;
  path: string | undefined;
  /** Where the path comes from: the link of the descriptor, the argument of the call, or nowhere. */
  pathFrom: 'fd' | 'argument' | 'none';
  /** When the link was read. The path is only that of this file if the descriptor was still open then. */
  readAtNs: number;
  /** Whether the line about its opening is written. */
  isWritten: boolean;
  reads: number;
  bytesRead: number;
  writes: number;
  bytesWritten: number;
}

/** The open files of all processes of a session, found by process and descriptor; bounded in their total number. */
export class FileTable {
  /** Files forgotten because there was no room. */
  evicted = 0;
  readonly #files = new Map<number, Map<number, OpenFile>>();
  readonly #capacity: number;
  #size = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  get(pid: number, fd: number): OpenFile | undefined {
    return this.#files.get(pid)?.get(fd);
  }

  /** Adds a file; one that is still there under its descriptor is answered: its close was not seen. */
  add(file: OpenFile): OpenFile | undefined {
    const before = this.take(file.pid, file.fd);
    if (this.#size >= this.#capacity) this.#evict();
    const files = this.#files.get(file.pid);
    if (files === undefined) this.#files.set(file.pid, new Map([[file.fd, file]]));
    else files.set(file.fd, file);
    this.#size += 1;
    return before;
  }

  take(pid: number, fd: number): OpenFile | undefined {
    const files = this.#files.get(pid);
    const file = files?.get(fd);
    if (files === undefined || file === undefined) return undefined;
    files.delete(fd);
    if (files.size === 0) this.#files.delete(pid);
    this.#size -= 1;
    return file;
  }

  /** The open files of a process, in the order of opening. */
  of(pid: number): OpenFile[] {
    return [...(this.#files.get(pid)?.values() ?? [])];
  }

  all(): OpenFile[] {
    return [...this.#files.values()].flatMap((files) => [...files.values()]);
  }

  /** Forgets the oldest file of the process that has been there longest. */
  #evict(): void {
    for (const files of this.#files.values()) {
      for (const file of files.values()) {
        this.take(file.pid, file.fd);
        this.evicted += 1;
        return;
      }
    }
  }
}
