import { RingCpu, readFrom } from '../ring/ring-cpu.js';
import { readLost, TracefsInstance } from '../tracefs/instance.js';

/** Pages kept in memory per CPU while they wait for the other CPUs. */
const SLOTS = 64;

/** What a capture does to a tracefs instance; see `TracefsInstance`. */
export type RingControl = Pick<
  TracefsInstance,
  'setRecording' | 'addTids' | 'excludeTids' | 'excludedTids' | 'replaceExcluded' | 'setEvents' | 'remove'
>;

export interface RingParts {
  readonly control: RingControl;
  readonly cpus: readonly RingCpu[];
  /** Events that CPU number `index` of `cpus` has lost since the ring was made. */
  readonly readLost: (index: number) => number;
  /** Pages that the kernel keeps per CPU. */
  readonly pagesPerCpu: number;
}

/** A tracefs instance with its CPUs opened and its losses counted. */
export class Ring {
  readonly control: RingControl;
  readonly cpus: readonly RingCpu[];
  readonly pagesPerCpu: number;
  /** Events lost since the ring was made, by index of `cpus`; as of the last look. */
  readonly lost: Float64Array;
  readonly #readLost: (index: number) => number;
  readonly #isOld: boolean[];

  constructor({ control, cpus, readLost: read, pagesPerCpu }: RingParts) {
    this.control = control;
    this.cpus = cpus;
    this.pagesPerCpu = pagesPerCpu;
    this.#readLost = read;
    this.lost = new Float64Array(cpus.length);
    this.#isOld = cpus.map(() => true);
  }

  /** Time has passed: the next question about losses asks the kernel again. */
  invalidateLost(): void {
    this.#isOld.fill(true);
  }

  /** @returns events lost on CPU number `index` since the ring was made */
  lostOn(index: number): number {
    if (this.#isOld[index] === true) {
      this.lost[index] = this.#readLost(index);
      this.#isOld[index] = false;
    }
    return this.lost[index] ?? 0;
  }

  /** Asks the kernel about all CPUs. */
  lostNow(): Float64Array {
    this.invalidateLost();
    this.cpus.forEach((_, index) => this.lostOn(index));
    return this.lost;
  }
}

export interface RingOptions {
  readonly tracefsPath: string;
  readonly name: string;
  readonly bufferKb: number;
  readonly pageBytes: number;
  readonly baseNs: bigint;
}

/** Makes a silent instance and opens it. @throws TracerError HOOK_UNAVAILABLE */
export async function openRing({ tracefsPath, name, bufferKb, pageBytes, baseNs }: RingOptions): Promise<Ring> {
  const control = await TracefsInstance.create(tracefsPath, name, bufferKb);
  try {
    const files = control.openCpus();
    return new Ring({
      control,
      cpus: files.map(({ cpu, pages }) => new RingCpu(cpu, readFrom(pages), baseNs, pageBytes, SLOTS)),
      readLost: (index) => readLost(files[index]?.stats ?? -1),
      pagesPerCpu: (bufferKb * 1024) / pageBytes,
    });
  } catch (error) {
    await control.remove();
    throw error;
  }
}
