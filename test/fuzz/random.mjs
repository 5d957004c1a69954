/** Random numbers of which a seed gives the same again, on every machine. */
export class Random {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0 || 1;
  }

  /** 0 … 2^32 - 1 */
  next() {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (this.#state = x >>> 0);
  }

  below(limit) {
    return limit > 0 ? this.next() % limit : 0;
  }

  chance(part) {
    return this.next() / 2 ** 32 < part;
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  bytes(length) {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }
}

const ODD_NUMBERS = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];
const ODD_TEXTS = [
  ...[
    '',
    ' ',
    '0',
    '-1',
    '1e999',
    'NaN',
    'null',
    'true',
    '[]',
    '{}',
    '"',
    '\\',
    '\u0000',
    '\ud800',
    '%',
    '%00',
    '%ff',
    '../../etc/passwd',
  ],
  ...[
    '9'.repeat(30),
    '-9223372036854775808',
    '18446744073709551616',
    '0x10',
    '1.5',
    '__proto__',
    'constructor',
    "' OR 1=1 --",
    'é'.repeat(200),
  ],
  ...[
    'a'.repeat(5000),
    '['.repeat(3000),
    '{"a":'.repeat(2000),
    '\u001b[2J',
    '１２',
    '+1',
    '1_000',
    ',',
    ';',
    '&',
    '=',
    '*',
    '?',
    '[a-',
    '(?<a',
  ],
];

/** A text that parsers stumble over. */
export function oddText(random) {
  return random.chance(0.7) ? random.pick(ODD_TEXTS) : random.bytes(random.below(40)).toString('latin1');
}

/** One to five changes of valid bytes: flips, odd numbers, cuts, repeats, pieces of another sample. */
export function mutate(bytes, random, others = []) {
  let out = Buffer.from(bytes);
  for (let times = 1 + random.below(5); times > 0; times--) out = mutateOnce(out, random, others);
  return out;
}

function mutateOnce(bytes, random, others) {
  if (bytes.length === 0) return random.bytes(random.below(64));
  const at = random.below(bytes.length);
  const length = 1 + random.below(Math.min(64, bytes.length - at));
  switch (random.below(9)) {
    case 0:
      bytes[at] ^= 1 << random.below(8);
      return bytes;
    case 1:
      bytes[at] = random.below(256);
      return bytes;
    case 2: {
      const width = random.pick([1, 2, 4]);
      if (at + width <= bytes.length) bytes.writeUIntLE(random.pick(ODD_NUMBERS) % 256 ** width, at, width);
      return bytes;
    }
    case 3:
      return bytes.subarray(0, at);
    case 4:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 5:
      return Buffer.concat([
        bytes.subarray(0, at + length),
        bytes.subarray(at, at + length),
        bytes.subarray(at + length),
      ]);
    case 6:
      return Buffer.concat([bytes.subarray(0, at), random.bytes(length), bytes.subarray(at)]);
    case 7:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(oddText(random)), bytes.subarray(at)]);
    default: {
      const other = others.length > 0 ? random.pick(others) : bytes;
      return Buffer.concat([bytes.subarray(0, at), other.subarray(random.below(other.length + 1))]);
    }
  }
}
