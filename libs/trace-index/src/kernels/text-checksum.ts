import type { TraceKernels } from './trace-kernels.js';

/** The checksum of a text that comes in pieces of kernel memory (`assembly/checksum.ts`). The kernels have one at a time. */
export class TextChecksum {
  readonly #kernels: TraceKernels;

  constructor(kernels: TraceKernels) {
    this.#kernels = kernels;
  }

  /** Begins a text. */
  begin(): void {
    this.#kernels.run.checksum_begin();
  }

  /** The text goes on with the bytes at `[from, to)`. */
  add(from: number, to: number): void {
    this.#kernels.run.checksum_add(from, to);
  }

  /** Of all that was added, 32 bits. */
  end(): number {
    return this.#kernels.run.checksum_end() >>> 0;
  }

  /** Of the text in `[from, to)`. */
  of(from: number, to: number): number {
    this.begin();
    this.add(from, to);
    return this.end();
  }
}
