/** Decoded chunks, least recently used last to stay, within a budget of bytes. */
export class TextCache {
  readonly #texts = new Map<string, Buffer>();
  #bytes = 0;

  constructor(private readonly budgetBytes: number) {}

  get(key: string): Buffer | undefined {
    const text = this.#texts.get(key);
    if (text === undefined) return undefined;
    // The order of a Map is that of insertion.
    this.#texts.delete(key);
    this.#texts.set(key, text);
    return text;
  }

  /** Takes over `text`, unless it is too large to be worth it. */
  set(key: string, text: Buffer): void {
    if (text.length > this.budgetBytes / 4 || this.#texts.has(key)) return;
    this.#texts.set(key, text);
    this.#bytes += text.length;
    for (const [oldest, { length }] of this.#texts) {
      if (this.#bytes <= this.budgetBytes) break;
      this.#texts.delete(oldest);
      this.#bytes -= length;
    }
  }

  get bytes(): number {
    return this.#bytes;
  }
}
