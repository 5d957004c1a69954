// Raw DEFLATE on linear memory. One call of `inflate` runs until it needs something, and may be continued at any symbol.
//
//   oldest                 mark          output         outputEnd
//     v                     v               v               v
//     +---------------------+---------------+---------------+
//     | history, at least what a distance   | free          |   300 bytes before outputEnd the loop stops: one round
//     | of 32768 can reach                  |               |   writes at most 3 literal pairs and one 16-byte-wise copy
//     +---------------------+---------------+---------------+
//
// `mark` is where a checkpoint was taken: every copy out of bytes before it is noted in MARKS, so that the caller can
// keep only those bytes of the 32 KiB window that a decoder starting at the mark will ever ask for.
//
// The caller keeps at least 512 readable bytes behind inputEnd. They may hold anything: what was taken from there is
// never believed, because near the end every symbol is decoded singly and checked against the bits that really exist.
import {
  DISTANCES,
  DISTANCE_BITS,
  DISTANCE_MASK,
  LENGTHS,
  LITERALS,
  LITERAL_BITS,
  LITERAL_MASK,
  dynamicTables,
  enterHeader,
  fixedTables,
  headerBits,
  headerCount,
  headerIn,
} from './huffman';

// Offsets in the state record, shared with src/kernels/inflate-state.ts.
const INPUT: usize = 0;
const INPUT_END: usize = 4;
const OUTPUT: usize = 8;
const OUTPUT_END: usize = 12;
const BIT_COUNT: usize = 16;
const PHASE: usize = 20;
const LAST: usize = 24;
const STORED_LEFT: usize = 28;
const BITS: usize = 32;
const BLOCK_BYTE: usize = 40; // where the header of the current block begins: pointer, and bit in that byte
const BLOCK_BIT: usize = 44;
const BLOCKS: usize = 48; // blocks begun: tells the caller that BLOCK_BYTE is a new one
const OLDEST: usize = 52;
const FINAL: usize = 56; // no input will follow inputEnd
const MARK: usize = 60;
const MARKED: usize = 64;
export const STATE: usize = memory.data(80, 16);
/** Copies out of the window before the mark: (distance to mark - 1) | length << 15. At most one per 3 bytes of 32 KiB. */
export const MARKS: usize = memory.data(4 * 11000, 16);

export function inflate_state(): usize {
  return STATE;
}

const IN_HEADER: u32 = 0;
const IN_STORED: u32 = 1;
const IN_CODES: u32 = 2;
const ENDED: u32 = 3;

const OUTPUT_FULL: i32 = 0;
const INPUT_EMPTY: i32 = 1;
const STREAM_END: i32 = 2;
const TRUNCATED: i32 = -1;
const BAD_STORED: i32 = -2;
const BAD_HEADER: i32 = -3;
const BAD_TYPE: i32 = -4;
const BAD_CODE: i32 = -5;
const BAD_DISTANCE: i32 = -6;
const GO_ON: i32 = 99;
const BLOCK_END: i32 = 98;

/** Reads a block header at the current position: GO_ON with PHASE set, or the reason why not. */
function openBlock(): i32 {
  let input: usize = load<u32>(STATE, INPUT);
  const end: usize = load<u32>(STATE, INPUT_END);
  let bits = load<u64>(STATE, BITS);
  let count = load<u32>(STATE, BIT_COUNT);
  if (!load<u32>(STATE, FINAL) && <i32>(end - input) < 400) return INPUT_EMPTY;
  const position: u32 = ((<u32>input) << 3) - count;
  store<u32>(STATE, <u32>input - ((count + 7) >> 3), BLOCK_BYTE);
  store<u32>(STATE, position & 7, BLOCK_BIT);
  store<u32>(STATE, load<u32>(STATE, BLOCKS) + 1, BLOCKS);
  bits |= load<u64>(input) << count;
  input += (63 - count) >> 3;
  count |= 56;
  store<u32>(STATE, (<u32>bits) & 1, LAST);
  const type = ((<u32>bits) >> 1) & 3;
  bits >>= 3;
  count -= 3;
  let result = GO_ON;
  let phase = IN_CODES;
  if (type == 0) {
    input -= count >> 3;
    count = 0;
    bits = 0;
    const length = <u32>load<u16>(input);
    if (input + 4 <= end && (length ^ (<u32>load<u16>(input, 2))) != 0xffff) return BAD_STORED;
    input += 4;
    store<u32>(STATE, length, STORED_LEFT);
    phase = IN_STORED;
  } else if (type == 1) {
    fixedTables();
  } else if (type == 2) {
    enterHeader(input, bits, count);
    if (dynamicTables() < 0) result = BAD_HEADER;
    input = headerIn;
    bits = headerBits;
    count = headerCount;
  } else {
    result = BAD_TYPE;
  }
  if (<i32>((input - end) << 3) > <i32>count) return TRUNCATED;
  if (result != GO_ON) return result;
  store<u32>(STATE, phase, PHASE);
  store<u32>(STATE, input, INPUT);
  store<u32>(STATE, count, BIT_COUNT);
  store<u64>(STATE, bits, BITS);
  return GO_ON;
}

/** Prepares to continue inside the Huffman block whose header is at the current position; the caller then sets the bits. */
export function inflate_reopen(): i32 {
  return openBlock();
}

function copyStored(): i32 {
  const input: usize = load<u32>(STATE, INPUT);
  const output: usize = load<u32>(STATE, OUTPUT);
  const left = load<u32>(STATE, STORED_LEFT);
  const available = load<u32>(STATE, INPUT_END) - <u32>input;
  const free = load<u32>(STATE, OUTPUT_END) - <u32>output;
  let n = left;
  if (n > available) n = available;
  if (n > free) n = free;
  memory.copy(output, input, n);
  store<u32>(STATE, <u32>input + n, INPUT);
  store<u32>(STATE, <u32>output + n, OUTPUT);
  store<u32>(STATE, left - n, STORED_LEFT);
  if (n == left) return BLOCK_END;
  if (n == free) return OUTPUT_FULL;
  return load<u32>(STATE, FINAL) ? TRUNCATED : INPUT_EMPTY;
}

function noteCopy(distanceToMark: u32, length: u32): void {
  const n = load<u32>(STATE, MARKED);
  store<u32>(MARKS + (n << 2), (distanceToMark - 1) | (length << 15));
  store<u32>(STATE, n + 1, MARKED);
}

/** The hot loop. Stops 16 bytes before the end of the input: two refills of 8 bytes per round. */
function decodeFast(): i32 {
  let input: usize = load<u32>(STATE, INPUT);
  let output: usize = load<u32>(STATE, OUTPUT);
  const inputStop: usize = load<u32>(STATE, INPUT_END) - 16;
  const outputStop: usize = load<u32>(STATE, OUTPUT_END) - 300;
  const oldest: usize = load<u32>(STATE, OLDEST);
  const mark: usize = load<u32>(STATE, MARK);
  let bits = load<u64>(STATE, BITS);
  let count = load<u32>(STATE, BIT_COUNT);
  let result = GO_ON;
  while (true) {
    if (<isize>output > <isize>outputStop) {
      result = OUTPUT_FULL;
      break;
    }
    if (<isize>input > <isize>inputStop) {
      result = INPUT_EMPTY;
      break;
    }
    bits |= load<u64>(input) << count;
    input += (63 - count) >> 3;
    count |= 56;
    let entry = load<u32>(((<usize>bits) & LITERAL_MASK) << 2, LITERALS);
    let kind = (entry >> 13) & 7;
    if (kind & 1) {
      store<u16>(output, entry >> 16);
      output += (kind >> 1) + 1;
      bits >>= entry & 255;
      count -= entry & 255;
      entry = load<u32>(((<usize>bits) & LITERAL_MASK) << 2, LITERALS);
      kind = (entry >> 13) & 7;
      if (kind & 1) {
        store<u16>(output, entry >> 16);
        output += (kind >> 1) + 1;
        bits >>= entry & 255;
        count -= entry & 255;
        entry = load<u32>(((<usize>bits) & LITERAL_MASK) << 2, LITERALS);
        kind = (entry >> 13) & 7;
        if (kind & 1) {
          store<u16>(output, entry >> 16);
          output += (kind >> 1) + 1;
          bits >>= entry & 255;
          count -= entry & 255;
          continue;
        }
      }
      // A length and its distance take up to 48 bits: more than 56 less one literal.
      bits |= load<u64>(input) << count;
      input += (63 - count) >> 3;
      count |= 56;
    }
    if (kind) {
      if (kind == 2) {
        bits >>= LITERAL_BITS;
        count -= LITERAL_BITS;
        const index = (entry >> 16) + ((<u32>bits) & (((<u32>1) << ((entry >> 8) & 31)) - 1));
        entry = load<u32>((<usize>index) << 2, LITERALS);
        kind = (entry >> 13) & 7;
        if (kind == 1) {
          store<u8>(output, entry >> 16);
          output++;
          bits >>= entry & 255;
          count -= entry & 255;
          continue;
        }
      }
      if (kind == 4) {
        bits >>= entry & 255;
        count -= entry & 255;
        result = entry >> 16 ? BAD_CODE : BLOCK_END;
        break;
      }
    }
    let saved = bits;
    let used = entry & 255;
    let extra = (entry >> 8) & 31;
    bits >>= used;
    count -= used;
    const length = (entry >> 16) + ((<u32>(saved >> (used - extra))) & (((<u32>1) << extra) - 1));
    entry = load<u32>(((<usize>bits) & DISTANCE_MASK) << 2, DISTANCES);
    if (((entry >> 13) & 7) == 2) {
      bits >>= DISTANCE_BITS;
      count -= DISTANCE_BITS;
      const index = (entry >> 16) + ((<u32>bits) & (((<u32>1) << ((entry >> 8) & 31)) - 1));
      entry = load<u32>((<usize>index) << 2, DISTANCES);
    }
    if ((entry >> 13) & 4) {
      result = BAD_CODE;
      break;
    }
    saved = bits;
    used = entry & 255;
    extra = (entry >> 8) & 15;
    bits >>= used;
    count -= used;
    const distance = (entry >> 16) + ((<u32>(saved >> (used - extra))) & (((<u32>1) << extra) - 1));
    if (distance > <u32>(output - oldest)) {
      result = BAD_DISTANCE;
      break;
    }
    let from: usize = output - distance;
    if (from < mark) noteCopy(<u32>(mark - from), length);
    let to = output;
    output += length;
    if (distance >= 16) {
      v128.store(to, v128.load(from));
      if (length > 16) {
        v128.store(to, v128.load(from, 16), 16);
        for (let i: u32 = 32; i < length; i += 16) v128.store(to + i, v128.load(from + i));
      }
    } else if (distance == 1) {
      memory.fill(to, load<u8>(from), length);
    } else {
      do {
        store<u8>(to, load<u8>(from));
        to++;
        from++;
      } while (to < output);
    }
  }
  store<u32>(STATE, input, INPUT);
  store<u32>(STATE, output, OUTPUT);
  store<u64>(STATE, bits, BITS);
  store<u32>(STATE, count, BIT_COUNT);
  return result;
}

/** The last bytes of an input that ends: one symbol at a time, none with a bit that is not there. */
function decodeCarefully(): i32 {
  const end: usize = load<u32>(STATE, INPUT_END);
  const outputStop: usize = load<u32>(STATE, OUTPUT_END) - 300;
  while (true) {
    let output: usize = load<u32>(STATE, OUTPUT);
    if (<isize>output > <isize>outputStop) return OUTPUT_FULL;
    let input: usize = load<u32>(STATE, INPUT);
    let bits = load<u64>(STATE, BITS);
    let count = load<u32>(STATE, BIT_COUNT);
    bits |= load<u64>(input) << count;
    input += (63 - count) >> 3;
    count |= 56;
    const available = <i32>((end - input) << 3) + <i32>count;
    let entry = load<u32>(((<usize>bits) & LITERAL_MASK) << 2, LITERALS);
    let kind = (entry >> 13) & 7;
    let used: u32 = 0;
    if (kind == 2) {
      used = LITERAL_BITS;
      bits >>= LITERAL_BITS;
      const index = (entry >> 16) + ((<u32>bits) & (((<u32>1) << ((entry >> 8) & 31)) - 1));
      entry = load<u32>((<usize>index) << 2, LITERALS);
      kind = (entry >> 13) & 7;
    }
    let step = entry & 255;
    if (kind == 3) step = <u32>load<u8>(LENGTHS + ((entry >> 16) & 255));
    used += step;
    if (<i32>used > available) return TRUNCATED;
    let result = GO_ON;
    if (kind & 1) {
      bits >>= step;
      store<u8>(output, entry >> 16);
      output++;
    } else if (kind == 4) {
      bits >>= step;
      if (entry >> 16) return BAD_CODE;
      result = BLOCK_END;
    } else {
      let extra = (entry >> 8) & 31;
      const length = (entry >> 16) + ((<u32>(bits >> (step - extra))) & (((<u32>1) << extra) - 1));
      bits >>= step;
      entry = load<u32>(((<usize>bits) & DISTANCE_MASK) << 2, DISTANCES);
      if (((entry >> 13) & 7) == 2) {
        used += DISTANCE_BITS;
        bits >>= DISTANCE_BITS;
        const index = (entry >> 16) + ((<u32>bits) & (((<u32>1) << ((entry >> 8) & 31)) - 1));
        entry = load<u32>((<usize>index) << 2, DISTANCES);
      }
      step = entry & 255;
      used += step;
      if (<i32>used > available) return TRUNCATED;
      if ((entry >> 13) & 4) return BAD_CODE;
      extra = (entry >> 8) & 15;
      const distance = (entry >> 16) + ((<u32>(bits >> (step - extra))) & (((<u32>1) << extra) - 1));
      bits >>= step;
      if (distance > <u32>output - load<u32>(STATE, OLDEST)) return BAD_DISTANCE;
      const mark = load<u32>(STATE, MARK);
      if (<u32>output - distance < mark) noteCopy(mark - (<u32>output - distance), length);
      for (let i: u32 = 0; i < length; i++) store<u8>(output + i, load<u8>(output + i - distance));
      output += length;
    }
    store<u32>(STATE, input, INPUT);
    store<u32>(STATE, output, OUTPUT);
    store<u64>(STATE, bits, BITS);
    store<u32>(STATE, count - used, BIT_COUNT);
    if (result != GO_ON) return result;
  }
}

/** Runs on: OUTPUT_FULL, INPUT_EMPTY, STREAM_END, or a negative reason why the stream cannot be decoded further. */
export function inflate(): i32 {
  let result = GO_ON;
  while (result == GO_ON) {
    const phase = load<u32>(STATE, PHASE);
    if (phase == ENDED) return STREAM_END;
    if (phase == IN_HEADER) {
      // A place between two blocks is the cheapest one to continue at.
      const full = <i32>(load<u32>(STATE, OUTPUT_END) - load<u32>(STATE, OUTPUT)) < 300;
      result = full ? OUTPUT_FULL : openBlock();
      continue;
    }
    if (phase == IN_STORED) {
      result = copyStored();
    } else {
      result = decodeFast();
      if (result == INPUT_EMPTY && load<u32>(STATE, FINAL)) result = decodeCarefully();
    }
    if (result == BLOCK_END) {
      result = load<u32>(STATE, LAST) ? STREAM_END : GO_ON;
      store<u32>(STATE, result == STREAM_END ? ENDED : IN_HEADER, PHASE);
    }
  }
  // Whole bytes go back, so that a position is (INPUT, BIT_COUNT < 8) and the end of a stream is a byte boundary.
  let count = load<u32>(STATE, BIT_COUNT);
  store<u32>(STATE, load<u32>(STATE, INPUT) - (count >> 3), INPUT);
  count = result == STREAM_END ? 0 : count & 7;
  store<u32>(STATE, count, BIT_COUNT);
  store<u64>(STATE, load<u64>(STATE, BITS) & (((<u64>1) << count) - 1), BITS);
  return result;
}
