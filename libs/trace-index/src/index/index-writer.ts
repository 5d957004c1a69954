import { closeSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { crc32 } from 'node:zlib';
import { errnoOf } from './errno.js';
import type { Blob } from './chunk-record.js';
import { HEADER_BYTES, SECTIONS, writeHeader, type Section, type SectionName } from './index-format.js';

const BUFFER_BYTES = 1 << 20;
/** Seconds by which two readings of the start of one process may differ. */
const CLOCK_SLACK = 2;
let files = 0;

/** Tells this process from an earlier one with the same number, as in a container, where it is always 1. */
const startedAt = (): number => Math.round(Date.now() / 1000 - process.uptime());

/**
 * Writes an index under a temporary name beside its place and renames it when it is whole. A process that dies leaves
 * only the temporary file, which the next writer of the same index removes.
 */
export class IndexWriter {
  readonly #path: string;
  readonly #temporary: string;
  readonly #fd: number;
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  #buffered = 0;
  #written = 0;
  #open = true;

  constructor(path: string) {
    removeLeftovers(path);
    this.#path = path;
    this.#temporary = `${path}.tmp-${process.pid}-${startedAt()}-${threadId}-${files++}`;
    this.#fd = openSync(this.#temporary, 'wx', 0o644);
    // The header's place: zeros are no magic.
    this.append(Buffer.alloc(HEADER_BYTES));
  }

  /** Appends bytes, copying them, and says where they are. */
  append(bytes: Uint8Array): Blob {
    const blob = { offset: this.#written + this.#buffered, bytes: bytes.length, crc: crc32(bytes) };
    if (this.#buffered + bytes.length > BUFFER_BYTES) this.#flush();
    if (bytes.length > BUFFER_BYTES) {
      this.#write(bytes);
    } else {
      this.#buffer.set(bytes, this.#buffered);
      this.#buffered += bytes.length;
    }
    return blob;
  }

  /** Writes the sections and puts the file in its place. Returns its size. */
  commit(contents: Readonly<Record<SectionName, Buffer>>): number {
    const sections = {} as Record<SectionName, Section>;
    for (const name of SECTIONS) sections[name] = this.append(contents[name]);
    this.#flush();
    writeSync(this.#fd, writeHeader(sections), 0, HEADER_BYTES, 0);
    this.#close();
    renameSync(this.#temporary, this.#path);
    return this.#written;
  }

  /** Gives up. Does nothing after `commit`. */
  abandon(): void {
    if (!this.#open) return;
    this.#close();
    rmSync(this.#temporary, { force: true });
  }

  #close(): void {
    this.#open = false;
    closeSync(this.#fd);
  }

  #flush(): void {
    this.#write(this.#buffer.subarray(0, this.#buffered));
    this.#buffered = 0;
  }

  #write(bytes: Uint8Array): void {
    let done = 0;
    while (done < bytes.length) done += writeSync(this.#fd, bytes, done, bytes.length - done, this.#written + done);
    this.#written += done;
  }
}

/** Removes what writers of the same index left behind when their process died. */
function removeLeftovers(path: string): void {
  for (const { name, pid, ours } of temporariesOf(path)) {
    if (!ours && (pid === process.pid || !isAlive(pid))) rmSync(name, { force: true });
  }
}

/** Removes what a thread of this process left behind that was ended while it wrote the index. */
export function removeTemporaries(path: string): void {
  for (const { name, ours } of temporariesOf(path)) if (ours) rmSync(name, { force: true });
}

function temporariesOf(path: string): { name: string; pid: number; ours: boolean }[] {
  const prefix = `${basename(path)}.tmp-`;
  let names: string[];
  try {
    names = readdirSync(dirname(path));
  } catch {
    // Where there is no directory there is nothing left behind; writing will say what is wrong.
    return [];
  }
  return names.flatMap((name) => {
    if (!name.startsWith(prefix)) return [];
    const [pid = 0, started = 0] = name.slice(prefix.length).split('-').map(Number);
    if (!(pid > 0)) return [];
    const ours = pid === process.pid && Math.abs(started - startedAt()) <= CLOCK_SLACK;
    return [{ name: join(dirname(path), name), pid, ours }];
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: there is such a process, of somebody else.
    return errnoOf(error) === 'EPERM';
  }
}
