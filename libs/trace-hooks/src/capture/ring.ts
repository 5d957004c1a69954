import { RingCpu, readFrom } from '../ring/ring-cpu.js';
import { readLost, TracefsInstance, type CpuFiles } from '../tracefs/instance.js';

/** Pages kept in memory per CPU while they wait for the other CPUs. */
const SLOTS = 64;

export interface RingOptions {
  readonly tracefsPath: string;
  readonly name: string;
  readonly bufferKb: number;
  readonly pageBytes: number;
  readonly baseNs: bigint;
}

/** A tracefs instance with its CPUs opened and its losses counted. */
export class Ring {
  readonly cpus: readonly RingCpu[];
  /** Events lost since the ring was made, by index of `cpus`; as of the last look. */
  readonly lost: Float64Array;
  readonly #statsAreOld: boolean[];

  private constructor(
    readonly instance: TracefsInstance,
    private readonly files: readonly CpuFiles[],
    readonly pagesPerCpu: number,
    options: RingOptions,
  ) {
    const { baseNs, pageBytes } = options;
    this.cpus = files.map(({ cpu, pages }) => new RingCpu(cpu, readFrom(pages), baseNs, pageBytes, SLOTS));
    this.lost = new Float64Array(files.length);
    this.#statsAreOld = files.map(() => true);
  }

  static async create(options: RingOptions): Promise<Ring> {
    const instance = await TracefsInstance.create(options.tracefsPath, options.name, options.bufferKb);
    try {
      const pagesPerCpu = (options.bufferKb * 1024) / options.pageBytes;
      return new Ring(instance, instance.openCpus(), pagesPerCpu, options);
    } catch (error) {
      await instance.remove();
      throw error;
    }
  }

  /** New pages may have been read since: the next question about losses asks the kernel again. */
  invalidateLost(): void {
    this.#statsAreOld.fill(true);
  }

  /** @returns events lost on CPU number `index` since the ring was made */
  lostOn(index: number): number {
    const stats = this.files[index]?.stats;
    if (stats !== undefined && this.#statsAreOld[index] === true) {
      this.lost[index] = readLost(stats);
      this.#statsAreOld[index] = false;
    }
    return this.lost[index] ?? 0;
  }

  /** Asks the kernel about all CPUs. */
  lostNow(): Float64Array {
    this.invalidateLost();
    this.cpus.forEach((_, index) => this.lostOn(index));
    return this.lost;
  }

  /** Closes and removes it. */
  async remove(): Promise<void> {
    await this.instance.remove();
  }
}
