const EIGHT = 8;

/** ASCII text that is copied into very many lines, held as doubles: one load and one store move eight bytes. */
export interface Stamp {
  readonly length: number;
  readonly doubles: Float64Array;
}

/**
 * @param text ASCII only. No double made of ASCII bytes is a NaN (that takes bytes of 0x7f and above), so the copy by
 * doubles is exact.
 */
export function stamp(text: string): Stamp {
  // eslint-disable-next-line no-control-regex -- the whole point: nothing outside printable ASCII and line ends
  if (!/^[\x00-\x7e]*$/.test(text)) throw new RangeError(`a stamp holds ASCII only: ${JSON.stringify(text)}`);
  const doubles = new Float64Array(Math.ceil(text.length / EIGHT));
  Buffer.from(doubles.buffer).write(text, 'latin1');
  return { length: text.length, doubles };
}

/** `0000` … `9999` and `00` … `ff` as little-endian words, so that one store writes four digits or two. */
const FOUR_DIGITS = new Uint32Array(10_000);
const TWO_HEX = new Uint16Array(256);
for (let value = 0; value < FOUR_DIGITS.length; value++) {
  FOUR_DIGITS[value] = Buffer.from(String(value).padStart(4, '0'), 'latin1').readUInt32LE(0);
}
for (let value = 0; value < TWO_HEX.length; value++) {
  TWO_HEX[value] = Buffer.from(value.toString(16).padStart(2, '0'), 'latin1').readUInt16LE(0);
}

/**
 * Writes JSON text into memory without making strings: the last step of every traced event. It never checks for room:
 * the owner keeps `SLACK_BYTES` free behind the place where it swaps blocks, and splits anything that could be longer.
 */
export class LineBuffer {
  #bytes: Buffer = Buffer.alloc(0);
  #view: DataView = new DataView(new ArrayBuffer(0));
  /** Where the next byte goes. */
  at = 0;

  /** Goes on in another block. The old one is the caller's. */
  use(bytes: Buffer, at: number): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  stamp(text: Stamp): void {
    this.copy(text.doubles, 0, text.length);
  }

  /** `length` bytes that begin at double `from`. Writes up to seven bytes more, which the next call covers. */
  copy(doubles: Float64Array, from: number, length: number): void {
    const view = this.#view;
    let at = this.at;
    this.at += length;
    for (let index = from; at < this.at; index++, at += EIGHT) view.setFloat64(at, doubles[index] ?? 0, true);
  }

  /** Any text, as UTF-8. */
  text(text: string): void {
    this.at += this.#bytes.write(text, this.at, 'utf8');
  }

  byte(code: number): void {
    this.#view.setUint8(this.at++, code);
  }

  /** A safe integer in decimal. */
  integer(value: number): void {
    if (value < 0) {
      this.byte(0x2d);
      this.natural(-value);
    } else this.natural(value);
  }

  /** A safe integer from 0 up, in decimal. */
  natural(value: number): void {
    if (value < 10_000) this.#upTo4(value | 0);
    else if (value < 100_000_000) this.#upTo8(value | 0);
    else {
      // A safe integer is below 10^16, so two groups of eight are always enough.
      const high = Math.floor(value / 100_000_000);
      this.#upTo8(high);
      this.padded8(value - high * 100_000_000);
    }
  }

  /** An integer below 10^8 with leading zeros, always eight digits. */
  padded8(value: number): void {
    const high = ((value | 0) / 10_000) | 0;
    this.#view.setUint32(this.at, FOUR_DIGITS[high] ?? 0, true);
    this.#view.setUint32(this.at + 4, FOUR_DIGITS[(value | 0) - high * 10_000] ?? 0, true);
    this.at += EIGHT;
  }

  /** The lowest four digits of a number below 10 000, with leading zeros. */
  padded4(value: number): void {
    this.#view.setUint32(this.at, FOUR_DIGITS[value] ?? 0, true);
    this.at += 4;
  }

  /** `0x…` in quotes, no leading zeros: a pointer of two 32-bit halves. */
  pointer(high: number, low: number): void {
    this.#view.setUint32(this.at, 0x00783022, true);
    this.at += 3;
    if (high === 0) this.#hexStart(low);
    else {
      this.#hexStart(high);
      this.#hex8(low);
    }
    this.byte(0x22);
  }

  /** One to eight hexadecimal digits: eight are written, the first of them shifted to the front, and only these kept. */
  #hexStart(value: number): void {
    const start = this.at;
    const digits = value === 0 ? 1 : (35 - Math.clz32(value)) >>> 2;
    this.#hex8(value << (4 * (EIGHT - digits)));
    this.at = start + digits;
  }

  #hex8(value: number): void {
    const view = this.#view;
    view.setUint16(this.at, TWO_HEX[value >>> 24] ?? 0, true);
    view.setUint16(this.at + 2, TWO_HEX[(value >>> 16) & 255] ?? 0, true);
    view.setUint16(this.at + 4, TWO_HEX[(value >>> 8) & 255] ?? 0, true);
    view.setUint16(this.at + 6, TWO_HEX[value & 255] ?? 0, true);
    this.at += EIGHT;
  }

  /** One to four digits: the leading zeros of the table entry are shifted out. */
  #upTo4(value: number): void {
    const digits = value < 10 ? 1 : value < 100 ? 2 : value < 1000 ? 3 : 4;
    this.#view.setUint32(this.at, (FOUR_DIGITS[value] ?? 0) >>> (8 * (4 - digits)), true);
    this.at += digits;
  }

  #upTo8(value: number): void {
    if (value < 10_000) {
      this.#upTo4(value);
      return;
    }
    const high = (value / 10_000) | 0;
    this.#upTo4(high);
    this.padded4(value - high * 10_000);
  }
}
