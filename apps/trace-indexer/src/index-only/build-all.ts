import { reasonOf } from '@tracer/base';
import type { TraceFileReader } from '@tracer/trace-index';
import { Slots } from '../catalogue/slots.js';
import { listTraces, type ListedFile } from '../catalogue/trace-directory.js';
import { progressLine, type Progress } from './progress.js';

const SHOW_MS = 200;

export interface BuildAllOptions {
  readonly root: string;
  readonly atATime: number;
  open(file: ListedFile, onProgress: (bytes: number) => void): Promise<TraceFileReader>;
  /** Gets the line about the progress, again and again; the last one when all is done. */
  show(line: string, last: boolean): void;
  /** Gets what is to be said about a file. */
  say(line: string): void;
  readonly nowMs?: () => number;
}

export interface BuildAllResult {
  readonly files: number;
  readonly failed: number;
}

/**
 * Opens every trace file below a directory once, which builds the indexes that are missing or out of date, and shows how
 * far it is. A file that fails is said and does not stop the others.
 *
 * @throws when the directory cannot be read
 */
export async function buildAll(options: BuildAllOptions): Promise<BuildAllResult> {
  const { files } = await listTraces(options.root);
  const meter = new Meter(files, options.nowMs ?? (() => performance.now()));
  const slots = new Slots(options.atATime);
  const timer = setInterval(() => {
    options.show(progressLine(meter.progress()), false);
  }, SHOW_MS);
  let failed = 0;
  const one = async (file: ListedFile): Promise<void> => {
    try {
      const reader = await options.open(file, (bytes) => {
        meter.reading(file, bytes);
      });
      const { problem } = reader.facts;
      if (problem) options.say(`${file.path}: ${problem.kind}: ${problem.message}`);
      await reader.close();
    } catch (error) {
      failed++;
      options.say(`${file.path}: ${reasonOf(error)}`);
    }
    meter.done(file);
  };
  try {
    await Promise.all(files.map((file) => slots.run(file.path, false, () => one(file))));
  } finally {
    clearInterval(timer);
  }
  options.show(progressLine(meter.progress()), true);
  return { files: files.length, failed };
}

/** Adds up how far the files are. */
class Meter {
  readonly #bytes = new Map<ListedFile, number>();
  readonly #begunMs: number;
  #done = 0;

  constructor(
    private readonly files: readonly ListedFile[],
    private readonly nowMs: () => number,
  ) {
    this.#begunMs = nowMs();
  }

  reading(file: ListedFile, bytes: number): void {
    this.#bytes.set(file, Math.min(bytes, file.sizeBytes));
  }

  done(file: ListedFile): void {
    this.#done++;
    this.#bytes.set(file, file.sizeBytes);
  }

  progress(): Progress {
    const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);
    return {
      files: this.files.length,
      filesDone: this.#done,
      bytes: sum(this.files.map(({ sizeBytes }) => sizeBytes)),
      bytesDone: sum(this.#bytes.values()),
      elapsedMs: this.nowMs() - this.#begunMs,
    };
  }
}
