// A checksum of the text of a chunk that costs a quarter of CRC-32, which has no instruction here. Eight sums side by side,
// each over every eighth word, so that none waits for another:
//
//   sum[i] = rotate((sum[i] ^ word[i]) * an odd number)       can be undone: another word, another sum
//
// and at the end all of them, the bytes that fill no block, and how many these are, mixed into 32 bits. It is against
// damage, not against forgery, like a CRC.
const BLOCK: usize = 64;
const SUMS: usize = memory.data(64, 16);
// What fills no block yet.
const REST: usize = memory.data(64, 16);
const K: u64 = 0x9e3779b97f4a7c15;

let rest: usize = 0;

/** Begins a text. */
export function checksum_begin(): void {
  for (let i: usize = 0; i < 8; i++) store<u64>(SUMS + (i << 3), K * (2 * <u64>i + 1));
  rest = 0;
}

/** The text goes on with `[from, end)`. */
export function checksum_add(from: usize, end: usize): void {
  if (rest) {
    const taken = min(BLOCK - rest, end - from);
    memory.copy(REST + rest, from, taken);
    rest += taken;
    from += taken;
    if (rest < BLOCK) return;
    addBlocks(REST, REST + BLOCK);
  }
  from = addBlocks(from, end);
  rest = end - from;
  memory.copy(REST, from, rest);
}

/** Takes the whole blocks in `[from, end)`; the answer is behind the last one. */
function addBlocks(from: usize, end: usize): usize {
  let a = load<u64>(SUMS);
  let b = load<u64>(SUMS, 8);
  let c = load<u64>(SUMS, 16);
  let d = load<u64>(SUMS, 24);
  let e = load<u64>(SUMS, 32);
  let f = load<u64>(SUMS, 40);
  let g = load<u64>(SUMS, 48);
  let h = load<u64>(SUMS, 56);
  for (; from + BLOCK <= end; from += BLOCK) {
    a = rotl<u64>((a ^ load<u64>(from)) * K, 29);
    b = rotl<u64>((b ^ load<u64>(from, 8)) * K, 29);
    c = rotl<u64>((c ^ load<u64>(from, 16)) * K, 29);
    d = rotl<u64>((d ^ load<u64>(from, 24)) * K, 29);
    e = rotl<u64>((e ^ load<u64>(from, 32)) * K, 29);
    f = rotl<u64>((f ^ load<u64>(from, 40)) * K, 29);
    g = rotl<u64>((g ^ load<u64>(from, 48)) * K, 29);
    h = rotl<u64>((h ^ load<u64>(from, 56)) * K, 29);
  }
  store<u64>(SUMS, a);
  store<u64>(SUMS, b, 8);
  store<u64>(SUMS, c, 16);
  store<u64>(SUMS, d, 24);
  store<u64>(SUMS, e, 32);
  store<u64>(SUMS, f, 40);
  store<u64>(SUMS, g, 48);
  store<u64>(SUMS, h, 56);
  return from;
}

function mix(sum: u64, value: u64): u64 {
  sum = (sum ^ value) * K;
  return sum ^ (sum >> 29);
}

/** The checksum of the text. */
export function checksum_end(): u32 {
  let sum = <u64>rest;
  for (let i: usize = 0; i < 8; i++) {
    const all = load<u64>(SUMS + (i << 3));
    sum = mix(sum, all ^ (all >> 32));
  }
  for (let i: usize = 0; i < rest; i++) sum = mix(sum, <u64>load<u8>(REST + i));
  return <u32>(sum >> 32);
}
