/**
 * The identifier that was read last, by its bytes: neighbours in a body mostly are spans of one trace, often children of
 * one parent. Comparing saves checking it, making its string, and the memory of that.
 */
export class RecentId {
  #at = -1;
  #text = '';

  /** The string of the last id if the same `length` bytes (a multiple of 4) lie at `at`, else undefined. */
  same(view: DataView, at: number, length: number): string | undefined {
    const last = this.#at;
    if (last < 0) return undefined;
    for (let i = 0; i < length; i += 4) {
      if (view.getInt32(last + i, true) !== view.getInt32(at + i, true)) return undefined;
    }
    return this.#text;
  }

  /** Asks for the same length as later `same` does. */
  keep(at: number, text: string): string {
    this.#at = at;
    this.#text = text;
    return text;
  }
}
