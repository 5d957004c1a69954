import { crc32 } from 'node:zlib';

const FHCRC = 2;
const FEXTRA = 4;
const FNAME = 8;
const FCOMMENT = 16;
const RESERVED = 0xe0;
const FIXED_BYTES = 10;

/**
 * Reads one member header (RFC 1952 2.3) in pieces of any size and length, in constant memory:
 *
 * ```
 *  1f 8b 08 flags mtime×4 xfl os │ [xlen×2 extra…] [name… 0] [comment… 0] [crc16×2]
 * ```
 */
export class GzipHeaderParser {
  #step: 'fixed' | 'extra length' | 'extra' | 'name' | 'comment' | 'crc' | 'done' = 'fixed';
  #flags = 0;
  /** Bytes taken in the current step. */
  #taken = 0;
  #extraLeft = 0;
  /** The two-byte number that is being read. */
  #number = 0;
  #crc = 0;

  get isDone(): boolean {
    return this.#step === 'done';
  }

  /**
   * Takes header bytes from `[from, end)` and returns where it stopped: `end`, or the first byte of the deflate stream.
   *
   * @throws RangeError if the bytes are no gzip header
   */
  push(bytes: Uint8Array, from: number, end: number): number {
    let at = from;
    let crcFrom = from;
    while (at < end && this.#step !== 'done') {
      if (this.#step === 'crc' && this.#taken === 0) {
        this.#crc = crc32(bytes.subarray(crcFrom, at), this.#crc);
        crcFrom = end;
      }
      if (this.#step === 'extra') {
        const n = Math.min(this.#extraLeft, end - at);
        this.#extraLeft -= n;
        at += n;
        if (this.#extraLeft === 0) this.#next('extra');
      } else {
        this.#byte(bytes[at] ?? 0);
        at++;
      }
    }
    if (this.#step !== 'done' && crcFrom < at) this.#crc = crc32(bytes.subarray(crcFrom, at), this.#crc);
    return at;
  }

  #byte(byte: number): void {
    switch (this.#step) {
      case 'fixed':
        this.#fixed(byte);
        return;
      case 'name':
      case 'comment':
        if (byte === 0) this.#next(this.#step);
        return;
      case 'extra length':
      case 'crc':
        this.#number |= byte << (8 * this.#taken++);
        if (this.#taken === 2) this.#endNumber(this.#step);
        return;
      case 'extra':
      case 'done':
    }
  }

  #endNumber(step: 'extra length' | 'crc'): void {
    if (step === 'crc') {
      if (this.#number !== (this.#crc & 0xffff)) throw new RangeError('the checksum of the gzip header is wrong');
      this.#next('crc');
    } else {
      this.#extraLeft = this.#number;
      this.#number = 0;
      this.#next(this.#extraLeft === 0 ? 'extra' : 'extra length');
    }
  }

  #fixed(byte: number): void {
    const at = this.#taken++;
    if ((at === 0 && byte !== 0x1f) || (at === 1 && byte !== 0x8b)) throw new RangeError('no gzip header');
    if (at === 2 && byte !== 8) throw new RangeError(`gzip compression method ${byte} is unknown`);
    if (at === 3) this.#flags = byte;
    if (at < FIXED_BYTES - 1) return;
    if ((this.#flags & RESERVED) !== 0) throw new RangeError('the gzip header has reserved flags set');
    this.#next('fixed');
  }

  /** The step behind `step`, leaving out what the flags say is absent. */
  #next(step: 'fixed' | 'extra length' | 'extra' | 'name' | 'comment' | 'crc'): void {
    this.#taken = 0;
    if (step === 'fixed' && (this.#flags & FEXTRA) !== 0) this.#step = 'extra length';
    else if (step === 'extra length') this.#step = 'extra';
    else if ((step === 'fixed' || step === 'extra') && (this.#flags & FNAME) !== 0) this.#step = 'name';
    else if (step !== 'comment' && step !== 'crc' && (this.#flags & FCOMMENT) !== 0) this.#step = 'comment';
    else if (step !== 'crc' && (this.#flags & FHCRC) !== 0) this.#step = 'crc';
    else this.#step = 'done';
  }
}
