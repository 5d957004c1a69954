import { once } from 'node:events';
import { constants, crc32, createInflateRaw, type InflateRaw } from 'node:zlib';
import { reasonOf } from '@tracer/base';
import type { FileProblem } from '../query/file-facts.js';
import type { FileWindow } from './file-window.js';
import { memberHeaderLength } from './gzip-header.js';
import { errorCodeOf } from './open-file.js';
import type { RawText } from './raw-text.js';

const OUTPUT_BYTES = 256 * 1024;
const TRAILER_BYTES = 8;

/**
 * The text of a gzip file, member by member, as far as it can be read. `chunks` yields at most 256 KiB at a time and
 * inflates no further than it is asked, so a deflate bomb costs time, never memory.
 *
 * ```
 *   ┌──────── member ────────┐┌──────── member ─────┐
 *   header · deflate · CRC32,ISIZE · header · deflate · …      then nothing, zero bytes, or garbage
 * ```
 *
 * When `chunks` has ended, `problem` says why it ended early, and `verifiedBytes` how much of the text a CRC vouches for.
 */
export class GzipText implements RawText {
  problem: FileProblem | undefined;
  members = 0;
  /** Length of the text at the end of the last good member. */
  verifiedBytes = 0;
  garbageBytes = 0;

  constructor(private readonly file: FileWindow) {}

  async *chunks(): AsyncGenerator<Buffer, void, undefined> {
    this.problem = yield* this.#allMembers();
  }

  async *#allMembers(): AsyncGenerator<Buffer, FileProblem | undefined, undefined> {
    const { length } = this.file;
    let position = 0;
    while (position < length) {
      const header = await memberHeaderLength(this.file, position);
      if (header === 'cut') return { kind: 'truncated', atByte: length, message: 'ends inside a gzip header' };
      if (header === 'none') return this.#otherBytes(position);
      const member = new Member(this.file, position + header);
      try {
        yield* member.chunks();
      } catch (error) {
        // An error of the disk is no fact about the content.
        if (!errorCodeOf(error).startsWith('Z_')) throw error;
        return { kind: 'damaged', atByte: position, message: `broken deflate data: ${reasonOf(error)}` };
      }
      const trailer = await this.file.take(member.end, TRAILER_BYTES);
      if (trailer.length < TRAILER_BYTES) {
        return { kind: 'truncated', atByte: length, message: 'ends before the gzip trailer' };
      }
      const fault = trailerFault(trailer, member);
      if (fault !== undefined) return { kind: 'damaged', atByte: position, message: fault };
      this.members++;
      this.verifiedBytes += member.length;
      position = member.end + TRAILER_BYTES;
    }
    return this.members > 0 ? undefined : { kind: 'truncated', atByte: 0, message: 'the file is empty' };
  }

  /** Bytes where a member should begin: padding with zeros is fine, anything else is a problem. */
  async #otherBytes(position: number): Promise<FileProblem | undefined> {
    if (this.members === 0) return { kind: 'damaged', atByte: position, message: 'not a gzip file' };
    for (let at = position; ;) {
      const bytes = await this.file.read(at);
      if (bytes.length === 0) return undefined;
      if (bytes.some((byte) => byte !== 0)) break;
      at += bytes.length;
    }
    this.garbageBytes = this.file.length - position;
    return { kind: 'garbage', atByte: position, message: `${this.garbageBytes} bytes after the last gzip member` };
  }
}

function trailerFault(trailer: Buffer, member: Member): string | undefined {
  if (trailer.readUInt32LE(0) !== member.crc) return 'the CRC of the data does not fit';
  return trailer.readUInt32LE(4) === member.length % 2 ** 32 ? undefined : 'the length of the data does not fit';
}

/** One deflate stream, from `start` in the file. */
class Member {
  crc = 0;
  length = 0;
  /** Where the deflate stream ended in the file; valid after `chunks`. At the end of the file when it did not end. */
  end = 0;

  constructor(
    private readonly file: FileWindow,
    private readonly start: number,
  ) {}

  async *chunks(): AsyncGenerator<Buffer, void, undefined> {
    // The sync flush gives what a cut stream still holds, instead of an error.
    const inflate = createInflateRaw({ chunkSize: OUTPUT_BYTES, finishFlush: constants.Z_SYNC_FLUSH });
    const feeding = this.#feed(inflate);
    try {
      for await (const chunk of inflate as AsyncIterable<Buffer>) {
        this.crc = crc32(chunk, this.crc);
        this.length += chunk.length;
        yield chunk;
      }
      this.end = this.start + inflate.bytesWritten;
    } finally {
      inflate.destroy();
      await feeding;
    }
  }

  /** Writes the file into the inflater until that has found its end or is destroyed. */
  async #feed(inflate: InflateRaw): Promise<void> {
    const stopped = new AbortController();
    const stop = (): void => {
      stopped.abort();
    };
    inflate.once('end', stop).once('error', stop).once('close', stop);
    try {
      for (let at = this.start; ;) {
        const bytes = await this.file.read(at);
        if (stopped.signal.aborted) return;
        if (bytes.length === 0) break;
        at += bytes.length;
        if (!inflate.write(bytes)) await once(inflate, 'drain', { signal: stopped.signal });
      }
      inflate.end();
    } catch (error) {
      // Either the wait for 'drain' was called off, or the file could not be read.
      if (!stopped.signal.aborted) inflate.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
