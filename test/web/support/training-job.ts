import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

export const JOB_START_US = 1_790_000_000_123_456;
export const HOST = 'node-7';
export const HOSTILE_NAME = '<img src=x onerror="document.title=1">';
export const LONG_ARGUMENT_BYTES = 1 << 20;

const EPOCHS = 4;
const STEPS = 12;

/**
 * A training job of some ranks as DFTracer writes it: a file for each rank, names of files and hosts behind 64-bit hashes,
 * calls inside calls. Small, but with everything that is hard to show: a name with markup, an argument of 1 MiB, a failure.
 */
export function writeTrainingJob(directory: string, ranks = 3): void {
  mkdirSync(directory, { recursive: true });
  for (let rank = 0; rank < ranks; rank++) {
    const lines = ['[', ...new Rank(rank).lines(), ']'];
    writeFileSync(join(directory, `rank-${rank}.pfw.gz`), gzipSync(`${lines.join('\n')}\n`));
  }
}

/** The path behind the hash of a step's sample. */
export const samplePath = (rank: number, step: number): string => `/scratch/dataset/part-${rank}/sample-${step}.npz`;

class Rank {
  readonly #lines: string[] = [];
  readonly #pid: number;
  #id = 0;

  constructor(private readonly rank: number) {
    this.#pid = 4000 + rank;
  }

  lines(): string[] {
    this.#metadata('HH', `"name":"${HOST}","value":9509357668201227806`);
    this.#metadata('process_name', `"name":"Rank ${this.rank}","value":"process_name"`);
    this.#metadata('PR', `"name":"rank","value":"${this.rank}"`);
    for (let step = 0; step < EPOCHS * STEPS; step++)
      this.#metadata('FH', `"name":"${samplePath(this.rank, step)}","value":${this.#fileHash(step)}`);
    let at = JOB_START_US + this.rank * 137;
    const start = at;
    for (let epoch = 0; epoch < EPOCHS; epoch++) {
      const began = at;
      for (let step = 0; step < STEPS; step++) at = this.#step(at, epoch * STEPS + step);
      this.#event('Train.epoch', 'app', began, at - began, `"epoch":${epoch}`);
      at += 5_000;
    }
    this.#event('Train.run', 'app', start, at - start, `"config":"${'x'.repeat(LONG_ARGUMENT_BYTES)}"`);
    this.#event(HOSTILE_NAME, 'app', at + 1_000, 20_000, '"note":"<script>document.title=2</script>"');
    return this.#lines;
  }

  /** Open, read, close, compute; returns when it ends. */
  #step(beganUs: number, step: number): number {
    const file = `"fhash":${this.#fileHash(step)}`;
    let at = beganUs + 100;
    this.#event('open64', 'POSIX', at, 80, `${file},"ret":${step % 16 === 5 ? -1 : 7}`);
    at += 120;
    for (let part = 0; part < 6; part++) {
      this.#event('read', 'POSIX', at, 900 + 150 * part, `${file},"ret":1048576,"count":1048576`);
      at += 1_900;
    }
    this.#event('close', 'POSIX', at, 12, `${file},"ret":0`);
    this.#event('Reader.sample', 'data_loader', beganUs + 50, at + 60 - beganUs, `"step":${step}`);
    at += 400;
    this.#event('forward', 'COMPUTE', at, 9_000 + 400 * (step % 3), `"step":${step}`);
    return at + 12_000;
  }

  /** Beyond 2^53: rounded, no file would be found. */
  #fileHash(step: number): string {
    return String(12_046_336_058_336_786_000n + BigInt(this.rank * 1000 + step));
  }

  #event(name: string, cat: string, ts: number, dur: number, args: string): void {
    this.#line(`"name":${JSON.stringify(name)},"cat":"${cat}","ts":${ts},"dur":${dur},"ph":"X"`, args);
  }

  #metadata(name: string, args: string): void {
    this.#line(`"name":"${name}","cat":"dftracer","ph":"M"`, args);
  }

  #line(fields: string, args: string): void {
    const head = `"id":${this.#id++},${fields},"pid":${this.#pid},"tid":${this.#pid}`;
    this.#lines.push(`{${head},"args":{"hhash":9509357668201227806,${args}}}`);
  }
}
