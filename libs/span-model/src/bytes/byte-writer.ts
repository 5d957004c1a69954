const FIRST_CAPACITY = 4096;
const KEPT_CAPACITY = 1 << 20;
/** Longer texts are worth a call of the built-in encoder. */
const SHORT_TEXT = 48;

/** A growing buffer. Writers of the binary formats build on it; `finish` copies the bytes out, and it can be used again. */
export class ByteWriter {
  bytes = Buffer.allocUnsafeSlow(FIRST_CAPACITY);
  view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  pos = 0;

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    const wanted = this.pos + count;
    if (wanted <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(wanted, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.pos);
    this.bytes = larger;
    this.view = new DataView(larger.buffer, larger.byteOffset, larger.byteLength);
  }

  byte(value: number): void {
    if (this.pos === this.bytes.length) this.reserve(1);
    this.bytes[this.pos++] = value;
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.pos);
    this.pos += bytes.length;
  }

  /** Writes UTF-8 and returns its length. Lone surrogates become U+FFFD. */
  utf8(text: string): number {
    this.reserve(text.length * 3);
    const length =
      text.length <= SHORT_TEXT && this.#ascii(text) ? text.length : this.bytes.write(text, this.pos, 'utf8');
    this.pos += length;
    return length;
  }

  /** Writes an even number of hexadecimal digits as bytes. */
  hex(digits: string): void {
    const length = digits.length >> 1;
    this.reserve(length);
    for (let i = 0; i < length; i++) {
      this.bytes[this.pos++] = (valueOf(digits.charCodeAt(i * 2)) << 4) | valueOf(digits.charCodeAt(i * 2 + 1));
    }
  }

  /** A copy of what was written. */
  finish(): Buffer {
    const copy = Buffer.allocUnsafe(this.pos);
    this.bytes.copy(copy, 0, 0, this.pos);
    this.restart();
    return copy;
  }

  /** Forgets what was written, and a buffer that had to grow beyond the usual. */
  restart(): void {
    this.pos = 0;
    if (this.bytes.length <= KEPT_CAPACITY) return;
    this.bytes = Buffer.allocUnsafeSlow(FIRST_CAPACITY);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  }

  /** Writes the characters as bytes; false when one of them is not ASCII, then nothing counts. */
  #ascii(text: string): boolean {
    let all = 0;
    for (let i = 0, at = this.pos; i < text.length; i++, at++) {
      const code = text.charCodeAt(i);
      this.bytes[at] = code;
      all |= code;
    }
    return all < 0x80;
  }
}

/** Of a hexadecimal digit in either case. */
function valueOf(code: number): number {
  return (code & 15) + (code > 0x39 ? 9 : 0);
}
