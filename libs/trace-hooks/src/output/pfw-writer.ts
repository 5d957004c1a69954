import { close, closeSync, fstatSync, ftruncate, ftruncateSync, openSync, write, writeSync } from 'node:fs';
import { reasonOf, TracerError } from '@tracer/base';
import { BLOCK_BYTES, type BlockPool } from './block-pool.js';
import { CLOSING_MEMBER, compressMember, OPENING_MEMBER, walkMembers } from './gzip-member.js';
import { LineBuffer } from './line-buffer.js';

const MIN_BLOCK_BYTES = 16 << 10;

/** Someone who watches the lines while they are written. `bytes` are only good during the call. */
export type LineTap = (bytes: Buffer, lines: number) => void;

interface SealedBlock {
  readonly block: Buffer;
  readonly rawBytes: number;
  readonly sinceMs: number;
  /** Set when zlib is done with it. */
  member: Buffer | undefined;
}

/**
 * Writes one `.pfw.gz`: a gzip member per block of whole lines, so that at any moment everything up to the last complete
 * member can be read, by anyone, and a killed writer costs the lines of the last second.
 *
 * ```
 *   decoder ─► lines, on a block ─► sealed (1 MiB, or asked for) ─► zlib, several at once ─► disk, one after another
 *                 └─► tap                         └───────── in flight, counted by the pool ────────┘
 * ```
 * Lines are never split over members. After the first failure (a full disk) the torn member is cut off again, `failure`
 * says why, and the lines that still come are dropped.
 */
export class PfwWriter {
  readonly lines = new LineBuffer();
  failure: Error | undefined;
  /** Bytes of the file: whole members only. */
  fileBytes: number;
  /** The file has reached, or will have once all is written, the size that was asked for. */
  isFull = false;
  /** Called with the lines as they come; set and unset at will. */
  tap: LineTap | undefined;
  readonly #blockBytes: number;
  #block: Buffer | undefined;
  #blockSinceMs = 0;
  #blockLines = 0;
  #tappedTo = 0;
  #tappedLines = 0;
  #writtenRaw = 1;
  #writtenBytes = 0.1;
  #pendingRaw = 0;
  #isWriting = false;
  #isStuck = false;
  #onIdle: (() => void) | undefined;
  readonly #sealed: SealedBlock[] = [];

  private constructor(
    private readonly fd: number,
    private readonly pool: BlockPool,
    fileBytes: number,
    private readonly maxBytes: number,
  ) {
    this.fileBytes = fileBytes;
    // Small files take small steps, so that they end near the size that was asked for.
    this.#blockBytes = Math.min(Math.max(2 * maxBytes, MIN_BLOCK_BYTES), BLOCK_BYTES);
  }

  /**
   * Begins the file, or goes on behind what an earlier run of the session wrote (cutting off its closing bracket, or
   * what a killed writer left half done). Something is written at once, so a place that cannot be written to is told now.
   * @param maxBytes `isFull` is set near this size of the file; nothing is done about it here
   * @throws TracerError STORAGE_FAILED naming the file.
   */
  static open(file: string, pool: BlockPool, maxBytes = Infinity): PfwWriter {
    let fd: number | undefined;
    try {
      fd = openSync(file, 'a+');
      const walk = walkMembers(fd);
      if (walk === undefined) throw new Error('it exists and was not written by a session');
      const end = walk.isClosed ? walk.end - CLOSING_MEMBER.length : walk.end;
      if (end < fstatSync(fd).size) ftruncateSync(fd, end);
      if (end === 0) writeSync(fd, OPENING_MEMBER);
      return new PfwWriter(fd, pool, end === 0 ? OPENING_MEMBER.length : end, maxBytes);
    } catch (error) {
      if (fd !== undefined) closeSync(fd);
      throw new TracerError('STORAGE_FAILED', `the trace file ${file} cannot be written: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  /** Makes sure there is a block to write the next line to. Before every line. */
  openLine(): void {
    if (this.#block !== undefined) return;
    this.#block = this.pool.take();
    this.#blockSinceMs = performance.now();
    this.lines.use(this.#block, 0);
  }

  /** After every line, its newline included. */
  closeLine(): void {
    this.#blockLines++;
    if (this.lines.at >= this.#blockBytes) this.seal();
  }

  /** Sends what is there to the disk when it has waited for `ageMs`. */
  sealOlderThan(ageMs: number): void {
    if (this.#block !== undefined && performance.now() - this.#blockSinceMs >= ageMs) this.seal();
  }

  /** An estimate of the size of the file once everything has been written. */
  get expectedBytes(): number {
    const raw = this.#pendingRaw + (this.#block === undefined ? 0 : this.lines.at);
    return this.fileBytes + (raw * this.#writtenBytes) / this.#writtenRaw;
  }

  /** Shows the tap what came since it was last shown something. */
  showTap(): void {
    if (this.tap !== undefined && this.#block !== undefined && this.#blockLines > this.#tappedLines) {
      this.tap(this.#block.subarray(this.#tappedTo, this.lines.at), this.#blockLines - this.#tappedLines);
    }
    this.#tappedTo = this.#block === undefined ? 0 : this.lines.at;
    this.#tappedLines = this.#blockLines;
  }

  seal(): void {
    const block = this.#block;
    if (block === undefined) return;
    this.showTap();
    if (this.expectedBytes >= this.maxBytes) this.isFull = true;
    this.#block = undefined;
    this.#blockLines = this.#tappedLines = this.#tappedTo = 0;
    const rawBytes = this.lines.at;
    if (this.failure !== undefined || rawBytes === 0) {
      this.pool.give(block);
      return;
    }
    const sealed: SealedBlock = { block, rawBytes, sinceMs: performance.now(), member: undefined };
    this.#sealed.push(sealed);
    this.#pendingRaw += rawBytes;
    this.pool.sealed();
    compressMember(block.subarray(0, rawBytes), (error, member) => {
      if (error !== null) this.failure ??= error;
      sealed.member = member;
      this.#writeNext();
    });
  }

  #writeNext(): void {
    const [head] = this.#sealed;
    if (this.#isWriting || this.#isStuck || head?.member === undefined) return;
    this.#isWriting = true;
    if (this.failure === undefined) this.#write(head, head.member, 0);
    else this.#finish(head, 0);
  }

  #write(head: SealedBlock, member: Buffer, from: number): void {
    write(this.fd, member, from, member.length - from, null, (error, bytes) => {
      if (error !== null) this.#cutTorn(head, error);
      else if (from + bytes < member.length) this.#write(head, member, from + bytes);
      else this.#finish(head, member.length);
    });
  }

  #cutTorn(head: SealedBlock, error: Error): void {
    this.failure ??= error;
    ftruncate(this.fd, this.fileBytes, () => {
      this.#finish(head, 0);
    });
  }

  /**
   * Gives up when the disk has not taken a block for `stallMs` (a network file system whose server is gone): the write
   * can be neither awaited nor taken back, and it must not hold up the sessions that share the pool.
   */
  giveUpAfter(stallMs: number): void {
    const [head] = this.#sealed;
    if (head === undefined || performance.now() - head.sinceMs < stallMs) return;
    this.failure ??= new Error(`the disk has taken nothing for ${Math.round(stallMs / 1000)} s`);
    this.#isStuck = true;
    for (let left = this.#sealed.length; left > 0; left--) this.pool.abandoned();
    this.#sealed.length = 0;
    this.#onIdle?.();
  }

  #finish(head: SealedBlock, written: number): void {
    if (this.#isStuck) return;
    this.#sealed.shift();
    this.#isWriting = false;
    this.fileBytes += written;
    this.#pendingRaw -= head.rawBytes;
    if (written > 0) {
      this.#writtenRaw += head.rawBytes;
      this.#writtenBytes += written;
    }
    this.pool.finished(head.block);
    if (this.#sealed.length === 0) this.#onIdle?.();
    else this.#writeNext();
  }

  /** Writes what is left and the closing bracket. `failure` says afterwards whether all of it is on the disk. */
  async close(): Promise<void> {
    this.seal();
    if (this.#sealed.length > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve));
    if (this.failure === undefined) await this.#writeEnd();
    if (this.#isStuck) return; // Closing would wait for the write that does not end.
    await new Promise<void>((resolve) => {
      close(this.fd, () => {
        resolve();
      });
    });
  }

  #writeEnd(): Promise<void> {
    return new Promise((resolve) => {
      const end = { block: this.pool.take(), rawBytes: 0, sinceMs: performance.now(), member: CLOSING_MEMBER };
      this.pool.sealed();
      this.#sealed.push(end);
      this.#onIdle = resolve;
      this.#writeNext();
    });
  }
}
