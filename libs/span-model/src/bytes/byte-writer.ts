const FIRST_CAPACITY = 4096;

/** A growing buffer. Writers of the binary formats build on it; `finish` gives the bytes away. */
export class ByteWriter {
  bytes = Buffer.allocUnsafe(FIRST_CAPACITY);
  view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
  pos = 0;

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    const wanted = this.pos + count;
    if (wanted <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(wanted, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.pos);
    this.bytes = larger;
    this.view = new DataView(larger.buffer, larger.byteOffset, larger.byteLength);
  }

  byte(value: number): void {
    this.reserve(1);
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
    const length = this.bytes.write(text, this.pos, 'utf8');
    this.pos += length;
    return length;
  }

  finish(): Buffer {
    return this.bytes.subarray(0, this.pos);
  }
}
