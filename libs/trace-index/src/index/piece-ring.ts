import { TracerError } from '@tracer/base';
import type { FileIdentity } from '../query/file-facts.js';
import { sameIdentity } from '../plain/open-file.js';
import type { Piece, TextEnd, TextPieces } from './text-pieces.js';

const SLOTS = 4;
const SLOT_BYTES = 256 * 1024;
const SLOT_HEAD_BYTES = 64;
const HEAD_BYTES = 64;
/** Words of the head. */
const WRITTEN = 0;
const READ = 1;
const STATE = 2;
const RUNNING = 0;
const STOPPED = 1;
const FAILED = 2;
/** Words of a slot's head. */
const BYTES_AT = 0;
const BYTES = 1;
const NOTE = 2;
const WINDOW = 3;
/** How long one side sleeps before it looks whether the other one is still there. */
const LOOK_MS = 1000;

/** What of a piece is not bytes. */
interface Note {
  readonly cut?: Piece['cut'];
  readonly position: number;
  readonly end?: TextEnd;
}

/**
 * Pieces of a text on their way from the thread that inflates to the thread that scans:
 *
 * ```
 *   head: written, read, state │ slot 0 │ slot 1 │ slot 2 │ slot 3
 *   slot: place of the bytes, lengths of bytes, note and window │ bytes … │ note (JSON) │ window
 * ```
 *
 * Each side sleeps while it has to wait; neither needs its event loop. Bytes stand at the same place modulo 16 as in the
 * memory they come from and go to: copies between unequal places of shared memory are ten times slower.
 */
export function createPieceRing(): SharedArrayBuffer {
  return new SharedArrayBuffer(HEAD_BYTES + SLOTS * SLOT_BYTES);
}

/** Ends both sides' waiting: the writer's thread has died. */
export function failPieceRing(ring: SharedArrayBuffer): void {
  setState(new Int32Array(ring, 0, HEAD_BYTES / 4), FAILED);
}

/** The reader wants no more: the writer need not go on. */
export function stopPieceRing(ring: SharedArrayBuffer): void {
  setState(new Int32Array(ring, 0, HEAD_BYTES / 4), STOPPED);
}

function setState(head: Int32Array, state: number): void {
  Atomics.store(head, STATE, state);
  Atomics.notify(head, WRITTEN);
  Atomics.notify(head, READ);
}

/** Writes all pieces into the ring; returns when the last one is written, or the reader has stopped. */
export function writePieces(ring: SharedArrayBuffer, identity: FileIdentity, pieces: TextPieces): void {
  const head = new Int32Array(ring, 0, HEAD_BYTES / 4);
  writeNote(ring, head, identityNote(identity));
  for (let piece = pieces.next(); piece !== undefined; piece = pieces.next()) {
    const note: Note = { ...(piece.cut && { cut: piece.cut }), position: pieces.position };
    if (!writeNote(ring, head, JSON.stringify(note), piece)) return;
  }
  writeNote(ring, head, JSON.stringify({ position: pieces.position, end: pieces.end } satisfies Note));
}

/** `false` = the reader wants no more. */
function writeNote(ring: SharedArrayBuffer, head: Int32Array, text: string, piece?: Piece): boolean {
  const written = Atomics.load(head, WRITTEN);
  while (written - Atomics.load(head, READ) >= SLOTS) {
    if (Atomics.load(head, STATE) !== RUNNING) return false;
    Atomics.wait(head, READ, written - SLOTS, LOOK_MS);
  }
  const at = HEAD_BYTES + (written % SLOTS) * SLOT_BYTES;
  const words = new Uint32Array(ring, at, SLOT_HEAD_BYTES / 4);
  const bytes = piece?.bytes ?? new Uint8Array(0);
  const note = Buffer.from(text);
  const window = piece?.window ?? new Uint8Array(0);
  const place = SLOT_HEAD_BYTES + (bytes.byteOffset & 15);
  const all = Buffer.from(ring, at, SLOT_BYTES);
  all.set(bytes, place);
  all.set(note, place + bytes.length);
  all.set(window, place + bytes.length + note.length);
  words[BYTES_AT] = place;
  words[BYTES] = bytes.length;
  words[NOTE] = note.length;
  words[WINDOW] = window.length;
  Atomics.store(head, WRITTEN, written + 1);
  Atomics.notify(head, WRITTEN);
  return true;
}

const identityNote = ({ sizeBytes, modifiedNs, inode }: FileIdentity): string =>
  JSON.stringify({ sizeBytes, modifiedNs: String(modifiedNs), inode: String(inode) });

function identityOf(note: string): FileIdentity {
  const { sizeBytes, modifiedNs, inode } = JSON.parse(note) as Record<keyof FileIdentity, string | number>;
  return { sizeBytes: Number(sizeBytes), modifiedNs: BigInt(modifiedNs), inode: BigInt(inode) };
}

/** The pieces that another thread writes into a ring. */
export class RingPieces implements TextPieces {
  readonly #head: Int32Array;
  #held = false;
  #end: TextEnd | undefined;
  position = 0;

  /**
   * @param identity of the file that is meant
   * @throws TracerError STORAGE_FAILED when the other thread has opened another one
   */
  constructor(
    private readonly ring: SharedArrayBuffer,
    identity: FileIdentity,
  ) {
    this.#head = new Int32Array(ring, 0, HEAD_BYTES / 4);
    if (!sameIdentity(identityOf(this.#take().note), identity)) {
      throw new TracerError('STORAGE_FAILED', 'the file was replaced while it was opened');
    }
  }

  get end(): TextEnd {
    if (this.#end === undefined) throw new RangeError('the text has not ended yet');
    return this.#end;
  }

  next(): Piece | undefined {
    if (this.#end !== undefined) return undefined;
    const { bytes, window, note } = this.#take();
    const { cut, position, end } = JSON.parse(note) as Note;
    this.position = position;
    if (end !== undefined) {
      this.#end = end;
      return undefined;
    }
    return { bytes, ...(cut && { cut }), ...(window.length > 0 && { window: Buffer.from(window) }) };
  }

  /** Gives the slot of the last piece back and waits for the next one. */
  #take(): { bytes: Uint8Array; note: string; window: Uint8Array } {
    const head = this.#head;
    if (this.#held) {
      Atomics.add(head, READ, 1);
      Atomics.notify(head, READ);
    }
    const read = Atomics.load(head, READ);
    while (Atomics.load(head, WRITTEN) === read) {
      if (Atomics.load(head, STATE) === FAILED) {
        throw new TracerError('STORAGE_FAILED', 'the thread that inflates the file has failed');
      }
      Atomics.wait(head, WRITTEN, read, LOOK_MS);
    }
    this.#held = true;
    const at = HEAD_BYTES + (read % SLOTS) * SLOT_BYTES;
    const [place = 0, length = 0, noteLength = 0, windowLength = 0] = new Uint32Array(this.ring, at, 4);
    const all = Buffer.from(this.ring, at, SLOT_BYTES);
    const note = place + length;
    return {
      bytes: all.subarray(place, note),
      note: all.toString('utf8', note, note + noteLength),
      window: all.subarray(note + noteLength, note + noteLength + windowLength),
    };
  }
}
