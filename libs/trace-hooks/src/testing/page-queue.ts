/** Rings whose pages a test hands in: what `readv` on `trace_pipe_raw` does, without a kernel. */
import { RingCpu } from '../ring/ring-cpu.js';

export class PageQueue {
  readonly #pages: Buffer[] = [];
  readonly cpu: RingCpu;

  constructor(cpu: number, baseNs: bigint, slots = 8, pageBytes = 4096) {
    this.cpu = new RingCpu(cpu, this.#read.bind(this), baseNs, pageBytes, slots);
  }

  push(...pages: Buffer[]): this {
    this.#pages.push(...pages);
    return this;
  }

  /** Thrown by the next read. */
  failure: Error | undefined;

  get length(): number {
    return this.#pages.length;
  }

  #read(buffers: readonly NodeJS.ArrayBufferView[]): number {
    if (this.failure !== undefined) throw this.failure;
    let bytes = 0;
    for (const buffer of buffers) {
      const page = this.#pages.shift();
      if (page === undefined) break;
      bytes += page.copy(buffer as Buffer);
    }
    return bytes;
  }
}
