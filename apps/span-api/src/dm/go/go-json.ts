const OPEN = { object: '{', array: '[' } as const;
const CLOSE = { object: '}', array: ']' } as const;
type Kind = keyof typeof OPEN;

/** Bytes below 0x80 that a string may hold as they are. */
const PLAIN = Uint8Array.from({ length: 128 }, (_, byte) =>
  byte >= 0x20 && !'"\\<>&'.includes(String.fromCharCode(byte)) ? 1 : 0,
);
const SHORT: Readonly<Record<number, string>> = {
  0x09: '\\t',
  0x0a: '\\n',
  0x0d: '\\r',
  0x22: '\\"',
  0x5c: '\\\\',
};

/**
 * Writes JSON as Go's `json.MarshalIndent` with an indent of one space does: keys in the order given, `": "` behind a
 * key, `{}` and `[]` when empty, no line end at the end. Strings are bytes; `<`, `>`, `&`, U+2028, U+2029 and control
 * characters are escaped, each byte that is not UTF-8 becomes `\ufffd`. `JSON.stringify` differs in all of this, and cannot
 * write a 64-bit integer.
 */
export class GoJson {
  #bytes = Buffer.allocUnsafe(4096);
  #at = 0;
  /** Members written so far of each object and array that is open. */
  readonly #members: number[] = [];
  readonly #kinds: Kind[] = [];

  /** Bytes that `take` would give. */
  get sizeBytes(): number {
    return this.#at;
  }

  /** What was written since the last call. */
  take(): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(0, this.#at));
    this.#at = 0;
    return taken;
  }

  begin(kind: Kind): this {
    this.#ascii(OPEN[kind]);
    this.#members.push(0);
    this.#kinds.push(kind);
    return this;
  }

  end(): this {
    const members = this.#members.pop() ?? 0;
    const kind = this.#kinds.pop();
    if (kind === undefined) throw new Error('nothing is open');
    if (members > 0) this.#line();
    this.#ascii(CLOSE[kind]);
    return this;
  }

  /** Begins a member of the open object; its value follows. */
  key(name: string): this {
    this.item();
    this.#ascii(`"${name}": `);
    return this;
  }

  /** Begins an element of the open array; its value follows. */
  item(): this {
    const last = this.#members.length - 1;
    const members = this.#members[last] ?? 0;
    if (members > 0) this.#ascii(',');
    this.#members[last] = members + 1;
    this.#line();
    return this;
  }

  number(value: number | bigint): this {
    this.#ascii(String(value));
    return this;
  }

  boolean(value: boolean): this {
    this.#ascii(String(value));
    return this;
  }

  text(value: Buffer): this {
    this.#ascii('"');
    let done = 0;
    for (let at = 0; at < value.length;) {
      const length = plainLength(value, at);
      if (length > 0) {
        at += length;
        continue;
      }
      this.#copy(value.subarray(done, at));
      const [escape, passed] = escapeAt(value, at);
      this.#ascii(escape);
      at += passed;
      done = at;
    }
    this.#copy(value.subarray(done));
    this.#ascii('"');
    return this;
  }

  #line(): void {
    this.#ascii(`\n${' '.repeat(this.#members.length)}`);
  }

  #ascii(text: string): void {
    this.#reserve(text.length);
    this.#at += this.#bytes.write(text, this.#at, 'latin1');
  }

  #copy(bytes: Buffer): void {
    this.#reserve(bytes.length);
    this.#at += bytes.copy(this.#bytes, this.#at);
  }

  #reserve(length: number): void {
    if (this.#at + length <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + length));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

/** Bytes of the character at `at` when it stands for itself, else 0. */
function plainLength(value: Buffer, at: number): number {
  const first = value[at] ?? 0;
  if (first < 0x80) return PLAIN[first] ?? 0;
  const length = runeLength(value, at);
  // U+2028 and U+2029 are E2 80 A8 and E2 80 A9.
  return length === 3 && first === 0xe2 && value[at + 1] === 0x80 && ((value[at + 2] ?? 0) & 0xfe) === 0xa8
    ? 0
    : length;
}

/** What stands for the bytes at `at`, and how many they are. */
function escapeAt(value: Buffer, at: number): [text: string, passed: number] {
  const first = value[at] ?? 0;
  if (first < 0x80) return [SHORT[first] ?? `\\u00${first.toString(16).padStart(2, '0')}`, 1];
  if (runeLength(value, at) === 0) return ['\\ufffd', 1];
  return [value[at + 2] === 0xa8 ? '\\u2028' : '\\u2029', 3];
}

/** Length of the UTF-8 character that begins at `at` with a byte of 0x80 or more (Unicode, table 3-7); 0 when there is none. */
function runeLength(value: Buffer, at: number): number {
  const first = value[at] ?? 0;
  const length = RUNE_LENGTH[first] ?? 0;
  if (at + length > value.length) return 0;
  const [low, high] = SECOND[first] ?? ANY_SECOND;
  const second = value[at + 1] ?? 0;
  if (second < low || second > high) return 0;
  for (let index = 2; index < length; index++) if (((value[at + index] ?? 0) & 0xc0) !== 0x80) return 0;
  return length;
}

/** Length of a character by its first byte; 0 for bytes with which none begins. */
const RUNE_LENGTH = Uint8Array.from({ length: 256 }, (_, first) => {
  if (first < 0xc2 || first > 0xf4) return 0;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
});

const ANY_SECOND = [0x80, 0xbf] as const;
/** First bytes that narrow down the second: no overlong forms, no surrogates, nothing beyond U+10FFFF. */
const SECOND: Readonly<Record<number, readonly [number, number]>> = {
  0xe0: [0xa0, 0xbf],
  0xed: [0x80, 0x9f],
  0xf0: [0x90, 0xbf],
  0xf4: [0x80, 0x8f],
};
