// Places in a list, of which some are much more frequent than others:
//
//   length u32 | the list, packed | form u8 | per row: place in the list
//
// The list is ordered by frequency. Form 0: all places in the same number of bits. Form 1: packed in blocks, where the
// frequent places are short and the rare ones exceptions. The shorter one is taken.

import { pack, packBits, unpack, unpackFixed } from './packing';

const MOST_SORTED: u32 = 4096;
const KEYS: usize = memory.data(8 * 4096, 16);
const NEW_PLACE: usize = memory.data(4 * 4096, 16);

/** Numbers below `limit` in as few bits each as that needs: width u8, then the bits; the answer is behind them. */
function packIds(values: usize, n: u32, limit: u32, out: usize): usize {
  const width = limit < 2 ? 0 : 32 - <u32>clz<u32>(limit - 1);
  store<u8>(out, width);
  return packBits(values, n, 0, width, out + 1);
}

/** The reverse of `packIds`; 0 when they reach behind `end`. */
function unpackIds(from: usize, end: usize, n: u32, values: usize): usize {
  if (from >= end) return 0;
  const width = <u32>load<u8>(from);
  const tail = from + 1 + ((<usize>n * width + 7) >> 3);
  if (width > 32 || tail > end) return 0;
  unpackFixed(from + 1, n, width, 0, values);
  return tail;
}

/** Orders the list by how often its places occur in `places`, which are renumbered. `work` has room for the list. */
function orderByFrequency(list: usize, length: u32, places: usize, n: u32, work: usize): void {
  memory.fill(NEW_PLACE, 0, (<usize>length) << 2);
  for (let i: u32 = 0; i < n; i++) {
    const count = NEW_PLACE + ((<usize>load<u32>(places + ((<usize>i) << 2))) << 2);
    store<u32>(count, load<u32>(count) + 1);
  }
  for (let k: u32 = 0; k < length; k++) {
    const rarity: u64 = ~(<u64>load<u32>(NEW_PLACE + ((<usize>k) << 2))) << 32;
    store<u64>(KEYS + ((<usize>k) << 3), rarity | (<u64>k));
  }
  sortKeys(length);
  memory.copy(work, list, (<usize>length) << 2);
  for (let k: u32 = 0; k < length; k++) {
    const old = load<u32>(KEYS + ((<usize>k) << 3));
    store<u32>(list + ((<usize>k) << 2), load<u32>(work + ((<usize>old) << 2)));
    store<u32>(NEW_PLACE + ((<usize>old) << 2), k);
  }
  for (let i: u32 = 0; i < n; i++) {
    const place = places + ((<usize>i) << 2);
    store<u32>(place, load<u32>(NEW_PLACE + ((<usize>load<u32>(place)) << 2)));
  }
}

/** Shell sort of KEYS, ascending. */
function sortKeys(length: u32): void {
  let gap: u32 = 1;
  while (gap < length) gap = gap * 3 + 1;
  for (; gap > 0; gap = gap / 3) {
    for (let i = gap; i < length; i++) {
      const key = load<u64>(KEYS + ((<usize>i) << 3));
      let j = i;
      while (j >= gap && load<u64>(KEYS + ((<usize>(j - gap)) << 3)) > key) {
        store<u64>(KEYS + ((<usize>j) << 3), load<u64>(KEYS + ((<usize>(j - gap)) << 3)));
        j -= gap;
      }
      store<u64>(KEYS + ((<usize>j) << 3), key);
    }
  }
}

/** Packs `n` places of a list; the answer is behind them. May renumber them and reorder the list. */
export function packPlaces(list: usize, length: u32, places: usize, n: u32, work: usize, out: usize): usize {
  if (length <= MOST_SORTED) orderByFrequency(list, length, places, n, work);
  store<u32>(out, length);
  const form = pack(list, length, out + 4);
  store<u8>(form, 0);
  const fixed = packIds(places, n, length, form + 1);
  const blocks = pack(places, n, fixed);
  if (blocks - fixed >= fixed - form - 1) return fixed;
  store<u8>(form, 1);
  memory.copy(form + 1, fixed, blocks - fixed);
  return form + 1 + (blocks - fixed);
}

/** How long the list is that `unpackPlaces` would read; more than `n` when there is none. */
export function listLength(from: usize, end: usize): u32 {
  return from + 4 > end ? ~0 : load<u32>(from);
}

/** The reverse of `packPlaces`; 0 when the bytes are not what it writes. */
export function unpackPlaces(from: usize, end: usize, n: u32, list: usize, places: usize): usize {
  const length = listLength(from, end);
  if (length > n) return 0;
  const form = unpack(from + 4, end, length, list);
  if (!form || form >= end) return 0;
  const tail = load<u8>(form) == 0 ? unpackIds(form + 1, end, n, places) : unpack(form + 1, end, n, places);
  if (!tail) return 0;
  for (let i: u32 = 0; i < n; i++) if (load<u32>(places + ((<usize>i) << 2)) >= length) return 0;
  return tail;
}
