// What the readers of lines share, and the host sees.

// Host-visible record, see src/kernels/line-scanner.ts.
export const TS: usize = 0;
export const DUR: usize = 4;
export const CLASS: usize = 8;
export const LANE: usize = 12;
export const CAPACITY: usize = 16;
export const ROWS: usize = 20;
export const NEXT: usize = 24; // where the scan goes on
export const LINE: usize = 28; // the line that needs the host, or the metadata record just stored
export const LINE_END: usize = 32;
export const MOST_BYTES: usize = 36; // longest line that is looked at
export const CHUNK: usize = 40; // number of the chunk, for the use of hashes
export const HASH_USE: usize = 44; // u32 × 4 by hash id: first and last chunk + 1, keys it was under
export const HASHES_LOST: usize = 48; // set when there was no room for one
export const UNTIDY: usize = 52; // lines that are not just a record and a newline
export const RETURNED: usize = 56; // f64 columns: the first of args.ret, args.bytes and args.size that is a number; args.size
export const ITEM_SIZE: usize = 60;
export const STATE: usize = memory.data(64, 16);

export function scan_state(): usize {
  return STATE;
}

// What reading one line gave.
export const DICTIONARY_FULL: i32 = 2;
export const FOR_HOST: i32 = 3;
export const METADATA: i32 = 4;
export const SLOW: i32 = 10;
export const STORED: i32 = 11;

/** Where the last line ended: its newline. */
export let newline: usize = 0;

export function endsAt(p: usize): void {
  newline = p;
}
