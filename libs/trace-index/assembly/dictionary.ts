// Dictionaries of a file, in memory that the host provides and enlarges:
//
//   record (32 bytes)                      slots: u32[mask + 1]         entries                 arena
//   +-------+------+---------+----------+  open addressing by hash,     texts: offset, length   the bytes of all
//   | slots | mask | entries | capacity |  id or 0 for a free slot      classes: 4 numbers      texts, one behind
//   | count | arena | arena size | used |                               lanes: two doubles      the other
//   +-------+------+---------+----------+
//
// Ids begin with 1, so that 0 can mean "none". When a dictionary is full, `add` returns 0 and sets `dictionaryFull`: the
// scanner stops before the line, the host enlarges the dictionary, and the line is read again.

const SLOTS: usize = 0;
const MASK: usize = 4;
const ENTRIES: usize = 8;
const CAPACITY: usize = 12;
const COUNT: usize = 16;
const ARENA: usize = 20;
const ARENA_SIZE: usize = 24;
const ARENA_USED: usize = 28;
const RECORD_BYTES: usize = 32;

const RECORDS: usize = memory.data(4 * 32, 16);
/** Names, categories and phases. */
export const TEXTS: usize = RECORDS;
/** Values of hash keys in args. */
export const HASHES: usize = RECORDS + RECORD_BYTES;
/** (name, cat, ph, kind) of texts; a kind is one of the KIND constants. */
export const CLASSES: usize = RECORDS + 2 * RECORD_BYTES;
/** (pid, tid) as doubles, NaN = absent. */
export const LANES: usize = RECORDS + 3 * RECORD_BYTES;

export const KIND_EVENT: u32 = 3;
export const KIND_METADATA: u32 = 4;

const K: u64 = 0x9e3779b97f4a7c15;

export let dictionaryFull: u32 = 0;

export function resetFull(): void {
  dictionaryFull = 0;
}

/** 0 texts, 1 hashes, 2 classes, 3 lanes. */
export function dictionary_record(which: u32): usize {
  return RECORDS + <usize>which * RECORD_BYTES;
}

export function hashOf(p: usize, n: u32): u64 {
  let h: u64 = <u64>n * K;
  let i: u32 = 0;
  for (; i + 8 <= n; i += 8) {
    h = (h ^ load<u64>(p + i)) * K;
    h ^= h >> 29;
  }
  const rest = n - i;
  if (rest) h = (h ^ (load<u64>(p + i) & (((<u64>1) << (rest << 3)) - 1))) * K;
  return h ^ (h >> 32);
}

export function sameBytes(a: usize, b: usize, n: u32): bool {
  while (n >= 8) {
    if (load<u64>(a) != load<u64>(b)) return false;
    a += 8;
    b += 8;
    n -= 8;
  }
  return !n || !((load<u64>(a) ^ load<u64>(b)) & (((<u64>1) << (n << 3)) - 1));
}

function full(dictionary: usize): u32 {
  dictionaryFull = 1 + <u32>(dictionary - RECORDS) / <u32>RECORD_BYTES;
  return 0;
}

/** The id of a text, a new one if it was not met before; 0 when there is no room. `hash` is `hashOf` of it. */
export function addText(dictionary: usize, p: usize, n: u32, hash: u64): u32 {
  const slots = <usize>load<u32>(dictionary, SLOTS);
  const mask = load<u32>(dictionary, MASK);
  const entries = <usize>load<u32>(dictionary, ENTRIES);
  const arena = <usize>load<u32>(dictionary, ARENA);
  let slot = (<u32>hash) & mask;
  while (true) {
    const id = load<u32>(slots + (slot << 2));
    if (!id) break;
    const entry = entries + (id << 3);
    if (load<u32>(entry, 4) == n && sameBytes(arena + load<u32>(entry), p, n)) return id;
    slot = (slot + 1) & mask;
  }
  const id = load<u32>(dictionary, COUNT) + 1;
  const used = load<u32>(dictionary, ARENA_USED);
  // 8 bytes behind the last text stay readable for whole-word compares.
  if (id >= load<u32>(dictionary, CAPACITY) || used + n + 8 > load<u32>(dictionary, ARENA_SIZE))
    return full(dictionary);
  store<u32>(entries + (id << 3), used);
  store<u32>(entries + (id << 3), n, 4);
  memory.copy(arena + used, p, n);
  store<u32>(dictionary, used + n, ARENA_USED);
  store<u32>(dictionary, id, COUNT);
  store<u32>(slots + (slot << 2), id);
  return id;
}

/** The id of a text that was met before, or 0. */
export function find_text(which: u32, p: usize, n: u32): u32 {
  const dictionary = dictionary_record(which);
  const mask = load<u32>(dictionary, MASK);
  let slot = (<u32>hashOf(p, n)) & mask;
  while (true) {
    const id = load<u32>(<usize>load<u32>(dictionary, SLOTS) + (slot << 2));
    if (!id) return 0;
    const entry = <usize>load<u32>(dictionary, ENTRIES) + (id << 3);
    if (load<u32>(entry, 4) == n && sameBytes(load<u32>(dictionary, ARENA) + load<u32>(entry), p, n)) return id;
    slot = (slot + 1) & mask;
  }
}

function classHash(name: u32, cat: u32, phase: u32): u64 {
  const h = (((<u64>name) << 32) | ((<u64>cat) << 8) | (<u64>phase)) * K;
  return h ^ (h >> 29);
}

/** The id of a combination of texts; 0 when there is no room. */
export function addClass(name: u32, cat: u32, phase: u32): u32 {
  const slots = <usize>load<u32>(CLASSES, SLOTS);
  const mask = load<u32>(CLASSES, MASK);
  const entries = <usize>load<u32>(CLASSES, ENTRIES);
  let slot = (<u32>classHash(name, cat, phase)) & mask;
  while (true) {
    const id = load<u32>(slots + (slot << 2));
    if (!id) break;
    const entry = entries + (id << 4);
    if (load<u32>(entry) == name && load<u32>(entry, 4) == cat && load<u32>(entry, 8) == phase) return id;
    slot = (slot + 1) & mask;
  }
  const id = load<u32>(CLASSES, COUNT) + 1;
  if (id >= load<u32>(CLASSES, CAPACITY)) return full(CLASSES);
  const entry = entries + (id << 4);
  store<u32>(entry, name);
  store<u32>(entry, cat, 4);
  store<u32>(entry, phase, 8);
  store<u32>(entry, isMetadataPhase(phase) ? KIND_METADATA : KIND_EVENT, 12);
  store<u32>(CLASSES, id, COUNT);
  store<u32>(slots + (slot << 2), id);
  return id;
}

/** "M" or 4, as the line spells it. Other spellings of the same values come through the host, which spells them so. */
function isMetadataPhase(phase: u32): bool {
  if (!phase) return false;
  const entry = <usize>load<u32>(TEXTS, ENTRIES) + (phase << 3);
  const text = <usize>load<u32>(TEXTS, ARENA) + load<u32>(entry);
  const n = load<u32>(entry, 4);
  if (n == 1) return load<u8>(text) == 0x34;
  return n == 3 && load<u16>(text) == 0x4d22 && load<u8>(text, 2) == 0x22;
}

/** The id of a pair of doubles, compared by their bits; 0 when there is no room. */
export function add_lane(pid: f64, tid: f64): u32 {
  const a = reinterpret<u64>(pid);
  const b = reinterpret<u64>(tid);
  const slots = <usize>load<u32>(LANES, SLOTS);
  const mask = load<u32>(LANES, MASK);
  const entries = <usize>load<u32>(LANES, ENTRIES);
  let slot = (<u32>laneHash(a, b)) & mask;
  while (true) {
    const id = load<u32>(slots + (slot << 2));
    if (!id) break;
    const entry = entries + (id << 4);
    if (load<u64>(entry) == a && load<u64>(entry, 8) == b) return id;
    slot = (slot + 1) & mask;
  }
  const id = load<u32>(LANES, COUNT) + 1;
  if (id >= load<u32>(LANES, CAPACITY)) return full(LANES);
  store<u64>(entries + (id << 4), a);
  store<u64>(entries + (id << 4), b, 8);
  store<u32>(LANES, id, COUNT);
  store<u32>(slots + (slot << 2), id);
  return id;
}

function laneHash(a: u64, b: u64): u64 {
  let h = (a * K) ^ (b + (a >> 17));
  h = (h ^ (h >> 31)) * K;
  return h ^ (h >> 32);
}

/** Fills the slots anew after the host has given a dictionary larger, zeroed slots. */
export function dictionary_rehash(which: u32): void {
  const dictionary = dictionary_record(which);
  const slots = <usize>load<u32>(dictionary, SLOTS);
  const mask = load<u32>(dictionary, MASK);
  const entries = <usize>load<u32>(dictionary, ENTRIES);
  const count = load<u32>(dictionary, COUNT);
  for (let id: u32 = 1; id <= count; id++) {
    let hash: u64;
    if (dictionary == CLASSES) {
      const entry = entries + (id << 4);
      hash = classHash(load<u32>(entry), load<u32>(entry, 4), load<u32>(entry, 8));
    } else if (dictionary == LANES) {
      hash = laneHash(load<u64>(entries + (id << 4)), load<u64>(entries + (id << 4), 8));
    } else {
      const entry = entries + (id << 3);
      hash = hashOf(<usize>load<u32>(dictionary, ARENA) + load<u32>(entry), load<u32>(entry, 4));
    }
    let slot = (<u32>hash) & mask;
    while (load<u32>(slots + (slot << 2))) slot = (slot + 1) & mask;
    store<u32>(slots + (slot << 2), id);
  }
}
