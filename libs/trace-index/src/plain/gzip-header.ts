import type { FileWindow } from './file-window.js';

const FIXED_BYTES = 10;
const [FHCRC, FEXTRA, FNAME, FCOMMENT, RESERVED] = [0x02, 0x04, 0x08, 0x10, 0xe0];

/**
 * The length of the gzip header at `position` (RFC 1952):
 *
 * ```
 *   1f 8b 08 FLG  MTIME(4)  XFL OS │ FEXTRA: length(2), bytes │ FNAME: …00 │ FCOMMENT: …00 │ FHCRC: 2 bytes
 * ```
 *
 * `none`: no gzip header stands here; `cut`: one begins, and the file ends inside it.
 */
export async function memberHeaderLength(file: FileWindow, position: number): Promise<number | 'none' | 'cut'> {
  const fixed = await file.take(position, FIXED_BYTES);
  const magic = [0x1f, 0x8b, 0x08];
  if (magic.some((byte, i) => i < fixed.length && fixed[i] !== byte)) return 'none';
  if (fixed.length < FIXED_BYTES) return 'cut';
  const flags = fixed[3] ?? 0;
  if (flags & RESERVED) return 'none';
  const end = await behindFields(file, position + FIXED_BYTES, flags);
  return end === undefined || end > file.length ? 'cut' : end - position;
}

/** Behind the optional fields; `undefined` when the file ends first. */
async function behindFields(file: FileWindow, from: number, flags: number): Promise<number | undefined> {
  let at: number | undefined = from;
  if (flags & FEXTRA) at = await behindExtra(file, at);
  if (flags & FNAME) at = await behindZero(file, at);
  if (flags & FCOMMENT) at = await behindZero(file, at);
  return at !== undefined && flags & FHCRC ? at + 2 : at;
}

async function behindExtra(file: FileWindow, at: number): Promise<number | undefined> {
  const length = await file.take(at, 2);
  return length.length === 2 ? at + 2 + length.readUInt16LE(0) : undefined;
}

async function behindZero(file: FileWindow, from: number | undefined): Promise<number | undefined> {
  if (from === undefined) return undefined;
  for (let at = from; ;) {
    const bytes = await file.read(at);
    if (bytes.length === 0) return undefined;
    const zero = bytes.indexOf(0);
    if (zero >= 0) return at + zero + 1;
    at += bytes.length;
  }
}
