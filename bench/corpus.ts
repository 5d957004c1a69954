import { createWriteStream, existsSync, renameSync } from 'node:fs';
import { finished } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

export interface CorpusSpec {
  readonly events: number;
  readonly seed?: number;
  /** Events per gzip member; one member when absent. */
  readonly eventsPerMember?: number;
}

type Call = readonly [name: string, category: string, weight: number];

/** What a training job with its file system calls looks like: few names make up most of it, some are rare. */
const CALLS: readonly Call[] = [
  ...weighted('POSIX', { read: 3000, lseek64: 1500, write: 900, pread64: 500, open64: 420, close: 420 }),
  ...weighted('POSIX', { __fxstat64: 350, __xstat64: 260, pwrite64: 160, fcntl: 90, opendir: 40, unlink: 12 }),
  ...weighted('POSIX', { mkdir: 9, fsync: 6, rename: 3, ftruncate: 2 }),
  ...weighted('STDIO', { fread: 500, fwrite: 220, fseek: 130, fopen: 60, fclose: 60, ftell: 60 }),
  ...weighted('COMPUTE', { forward: 90, backward: 90, cpu_compute: 60, step: 45 }),
  ...weighted('data_loader', { 'NPZReader.read_index': 120, 'NPZReader.get_sample': 120, 'NPZReader.open': 80 }),
  ...weighted('data_loader', {
    'TorchDataset.__getitem__': 100,
    'FormatReader.preprocess': 60,
    'DataLoader.fetch': 40,
  }),
  ...weighted('MPI', { MPI_Allreduce: 70, MPI_Send: 50, MPI_Recv: 50, MPI_Barrier: 12, MPI_Bcast: 9 }),
  ...weighted('checkpoint', { 'Checkpointing.save_state': 2, 'Checkpointing.checkpoint': 1, [rareName()]: 0.3 }),
];

/** A name of about one event in 30 000. */
export function rareName(): string {
  return 'Checkpointing.rare_flush';
}

function weighted(category: string, names: Readonly<Record<string, number>>): Call[] {
  return Object.entries(names).map(([name, weight]) => [name, category, weight] as const);
}

const PROCESSES = 8;
const THREADS = 5;
const FILES = 4000;
const START_US = 1_713_456_789_012_345;
const SIZES = [4096, 4096, 8192, 65_536, 131_072, 1_048_576] as const;
const FLUSH_LINES = 2000;

/** Makes the lines of a trace, one after the other; the same seed gives the same trace everywhere. */
export class TraceLines {
  readonly #totalWeight = CALLS.reduce((sum, [, , weight]) => sum + weight, 0);
  readonly #clockUs = new Float64Array(PROCESSES * THREADS).fill(START_US);
  readonly #files: string[];
  #state: number;
  #id = 0;

  constructor(seed: number) {
    this.#state = seed >>> 0 || 1;
    this.#files = Array.from({ length: FILES }, () =>
      this.#below(2 ** 32)
        .toString(16)
        .padStart(16, '0'),
    );
  }

  /** xorshift32. */
  #random(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state / 2 ** 32;
  }

  #below(n: number): number {
    return Math.floor(this.#random() * n);
  }

  next(): string {
    const process = this.#below(PROCESSES);
    const thread = this.#random() < 0.55 ? 0 : 1 + this.#below(THREADS - 1);
    const [name, category] = this.#call();
    const isCall = category === 'POSIX' || category === 'STDIO';
    const dur = this.#duration(category, isCall);
    const lane = process * THREADS + thread;
    const ts = (this.#clockUs[lane] ?? 0) + 1 + this.#below(120);
    this.#clockUs[lane] = ts + (isCall ? dur : Math.floor(dur / 64));
    const pid = 3401 + process * 37;
    const args = this.#args(name, category, process);
    const id = this.#id++;
    return `{"id":${id},"name":"${name}","cat":"${category}","pid":${pid},"tid":${pid + thread},"ts":${ts},"dur":${dur},"ph":"X","args":{${args}}}\n`;
  }

  #call(): Call {
    let left = this.#random() * this.#totalWeight;
    for (const call of CALLS) if ((left -= call[2]) < 0) return call;
    return CALLS[0] ?? ['read', 'POSIX', 1];
  }

  #duration(category: string, isCall: boolean): number {
    const spread = -Math.log(1 - this.#random());
    const usual = isCall ? 2 + 30 * spread : category === 'MPI' ? 20 + 400 * spread : 500 + 9000 * spread;
    const slow = isCall && this.#random() < 0.01 ? 2000 * this.#random() : 0;
    return Math.floor((usual + slow) * (this.#random() < 0.0002 ? 100 : 1));
  }

  #args(name: string, category: string, process: number): string {
    const host = `"hhash":"${process % 2 === 0 ? 'a1b2c3d4e5f60718' : '77f0e19b2c4d6e8f'}"`;
    const level = `"level":${1 + this.#below(4)}`;
    if (category === 'MPI') return `${host},"comm":"MPI_COMM_WORLD","count":${this.#below(65_536)},${level}`;
    if (category !== 'POSIX' && category !== 'STDIO') {
      return `${host},"epoch":"${1 + Math.floor(this.#id / 250_000)}","step":"${Math.floor(this.#id / 700)}","image_idx":"${this.#below(60_000)}",${level}`;
    }
    const file = `"fhash":"${this.#files[Math.floor(this.#random() * this.#random() * FILES)] ?? ''}"`;
    if (/read|write/.test(name)) {
      const size = SIZES[this.#below(SIZES.length)] ?? 4096;
      const moved = this.#random() < 0.9 ? size : this.#below(size);
      return `${host},${file},"ret":${moved},"count":${size},"offset":${4096 * this.#below(65_536)},${level}`;
    }
    return `${host},${file},"ret":${this.#below(64)},${level}`;
  }
}

/** Writes a trace of any length in constant memory, unless it is there already. */
export async function writeCorpus(path: string, spec: CorpusSpec): Promise<void> {
  if (existsSync(path)) return;
  const { events, seed = 42, eventsPerMember = events } = spec;
  const lines = new TraceLines(seed);
  const temporary = `${path}.part`;
  const file = createWriteStream(temporary, { highWaterMark: 1 << 20 });
  for (let done = 0; done < events; done += eventsPerMember) {
    const member = createGzip({ level: 6, chunkSize: 1 << 18 });
    member.pipe(file, { end: false });
    const count = Math.min(eventsPerMember, events - done);
    await writeLines(member, done === 0 ? '[\n' : '', count, lines, done + count === events ? ']\n' : '');
  }
  file.end();
  await finished(file);
  renameSync(temporary, path);
}

async function writeLines(
  member: ReturnType<typeof createGzip>,
  head: string,
  count: number,
  lines: TraceLines,
  tail: string,
): Promise<void> {
  let text = head;
  for (let i = 1; i <= count; i++) {
    text += lines.next();
    if (i % FLUSH_LINES !== 0) continue;
    if (!member.write(text)) await new Promise((resolve) => member.once('drain', resolve));
    text = '';
  }
  member.end(text + tail);
  // All of it has gone into the file.
  await new Promise((resolve) => member.once('end', resolve));
}
