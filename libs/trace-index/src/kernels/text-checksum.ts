import type { TraceKernels } from './trace-kernels.js';

/**
 * The checksum of a text in kernel memory (`assembly/checksum.ts`), which may come in pieces and move meanwhile. The
 * kernels have one at a time.
 */
export class TextChecksum {
  readonly #kernels: TraceKernels;
  /** Address of the first byte that is not in the sum yet. */
  #from = 0;

  constructor(kernels: TraceKernels) {
    this.#kernels = kernels;
  }

  /** Begins with the text at `address`. */
  begin(address: number): void {
    this.#kernels.run.checksum_begin();
    this.#from = address;
  }

  /** The text reaches to `address` now. Up to 63 bytes in front of that are read later and must stay. */
  extend(address: number): void {
    this.#from = this.#kernels.run.checksum_add(this.#from, address);
  }

  /** What was at address `a` is at `a - delta`. */
  moved(delta: number): void {
    this.#from -= delta;
  }

  /** The checksum of the text up to `address`, 32 bits. */
  end(address: number): number {
    this.extend(address);
    return this.#kernels.run.checksum_end(this.#from, address) >>> 0;
  }

  /** The checksum of the text in `[from, to)`. */
  of(from: number, to: number): number {
    this.begin(from);
    return this.end(to);
  }
}
