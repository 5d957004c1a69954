import type { Output } from './output.js';

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_BELOW = '\u001b[J';

/** A few lines of a terminal that are drawn again and again in place. What was printed before stays above. */
export class Screen {
  #drawn = 0;

  constructor(private readonly output: Output) {}

  /** Lines must not be wider than the terminal, nor more than it has rows. */
  draw(lines: readonly string[]): void {
    const up = this.#drawn > 0 ? `\u001b[${this.#drawn}A` : HIDE_CURSOR;
    // One write: a half-drawn table would flicker. Each line is cleared to its end, for the one below may be shorter.
    this.output.out.write(`${up}\r${lines.map((line) => `${line}\u001b[K\n`).join('')}${CLEAR_BELOW}`);
    this.#drawn = lines.length;
  }

  /** Removes what was drawn and gives the cursor back. Harmless when nothing was drawn. */
  clear(): void {
    if (this.#drawn === 0) return;
    this.output.out.write(`\u001b[${this.#drawn}A\r${CLEAR_BELOW}${SHOW_CURSOR}`);
    this.#drawn = 0;
  }
}
