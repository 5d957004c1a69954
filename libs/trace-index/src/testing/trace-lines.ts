/** Lines of made-up traces in the dialects that exist in the wild, and files made of them. For tests and benches. */
import { writeFileSync } from 'node:fs';
import { constants, deflateRawSync, crc32, gzipSync } from 'node:zlib';

/**
 * - `quoted` (2023): every number of the record itself is a JSON string, host and file names inline;
 * - `integers` (2024): integer hashes, some beyond 2^53;
 * - `hex` (2025): hashes as 16 hex digits, counter events;
 * - `numeric` (newest): `ph` is a number, 4 = metadata, and `type` tells the layer.
 */
export type Dialect = 'quoted' | 'integers' | 'hex' | 'numeric';
export const DIALECTS: readonly Dialect[] = ['quoted', 'integers', 'hex', 'numeric'];

export interface TraceSpec {
  readonly dialect: Dialect;
  readonly events: number;
  readonly seed?: number;
  readonly pid?: number;
  readonly threads?: number;
  readonly files?: number;
  readonly startUs?: number;
}

/** xorshift32: the same trace everywhere. */
export function randomInts(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
}

const CALLS = [
  ['read', 'POSIX'],
  ['write', 'POSIX'],
  ['open64', 'POSIX'],
  ['close', 'POSIX'],
  ['fread', 'STDIO'],
  ['train_step', 'APP'],
  ['MPI_Send', 'MPI'],
] as const;

class TraceWriter {
  readonly lines: string[] = [];
  readonly #int: (below: number) => number;
  readonly #pid: number;
  readonly #numeric: boolean;
  #id = 0;
  #now: number;

  constructor(private readonly spec: TraceSpec) {
    this.#int = randomInts(spec.seed ?? 1);
    this.#pid = spec.pid ?? 100;
    this.#now = spec.startUs ?? 1_713_456_789_012_345;
    this.#numeric = spec.dialect === 'numeric';
  }

  write(): string[] {
    const { dialect, events } = this.spec;
    if (dialect !== 'numeric') this.lines.push('[');
    if (dialect !== 'quoted') this.#definitions();
    for (let i = 0; i < events; i++) this.#event();
    if (dialect === 'integers' || dialect === 'hex') this.lines.push(']');
    return this.lines;
  }

  #hash(kind: string, n: number): string {
    if (this.spec.dialect === 'integers') return String(kind === 'HH' ? 9509357668201227806n + BigInt(n) : 33_000 + n);
    return `"${kind === 'HH' ? 'aa' : 'ff'}${n.toString(16).padStart(14, '0')}"`;
  }

  #definitions(): void {
    this.#metadata('HH', 'node1', this.#hash('HH', 1));
    this.#metadata('thread_name', String(this.#pid), '"thread_name"');
    this.#metadata('process_name', `Rank ${this.#pid}`, '"process_name"');
    this.#metadata('PR', 'rank', `"${this.#pid % 8}"`);
    for (let i = 0; i < (this.spec.files ?? 5); i++) this.#metadata('FH', `/data/${i}.npz`, this.#hash('FH', i));
  }

  #metadata(name: string, text: string, value: string): void {
    const ph = this.#numeric ? '4' : '"M"';
    this.lines.push(
      `{"id":${++this.#id},"name":"${name}","cat":"dftracer","pid":${this.#pid},"tid":${this.#pid},"ph":${ph},"args":{"name":"${text}","value":${value}}}`,
    );
  }

  #event(): void {
    const int = this.#int;
    const [name, cat] = CALLS[int(CALLS.length)] ?? CALLS[0];
    const tid = this.#pid + int(this.spec.threads ?? 2);
    const dur = int(10) === 0 ? 0 : int(cat === 'APP' ? 9000 : 400);
    const ts = this.#now - int(50);
    this.#now += 1 + int(200);
    const file = int(this.spec.files ?? 5);
    const size = 4096 * (1 + int(16));
    const id = ++this.#id;
    if (this.spec.dialect === 'quoted') {
      this.lines.push(
        `${id === 1 ? ' ' : ''}{"id":"${id}","name":"${name}","cat":"${cat}","pid":"${this.#pid}","tid":"${tid}","ts":"${ts}","dur":"${dur}","ph":"X","args":{"hostname":"node1","fname":"/data/${file}.npz","ret":"${size}"}}`,
      );
      return;
    }
    const counter = this.spec.dialect === 'hex' && int(40) === 0;
    const type = this.#numeric ? `,"type":${int(12)}` : '';
    const shape = counter ? '"ph":"C"' : `"dur":${dur},"ph":${this.#numeric ? '1' : '"X"'}`;
    const args = `{"hhash":${this.#hash('HH', 1)},"fhash":${this.#hash('FH', file)},"ret":${size},"level":${1 + int(4)}}`;
    this.lines.push(
      `{"id":${id},"name":"${name}","cat":"${cat}"${type},"pid":${this.#pid},"tid":${tid},"ts":${ts},${shape},"args":${args}}`,
    );
  }
}

export function traceLines(spec: TraceSpec): string[] {
  return new TraceWriter(spec).write();
}

export interface GzipSpec {
  /** Cut the text into this many members; 1 when absent. */
  readonly members?: number;
  readonly level?: number;
  readonly strategy?: number;
}

/** A gzip file of `text`; the cuts between members fall anywhere, also inside lines. */
export function gzipOf(text: string | Buffer, spec: GzipSpec = {}): Buffer {
  const bytes = Buffer.from(text);
  const members = spec.members ?? 1;
  const options = { level: spec.level ?? 6, strategy: spec.strategy ?? constants.Z_DEFAULT_STRATEGY };
  const parts = Array.from({ length: members }, (_, i) =>
    bytes.subarray(Math.floor((bytes.length * i) / members), Math.floor((bytes.length * (i + 1)) / members)),
  );
  return Buffer.concat(parts.map((part) => gzipSync(part, options)));
}

/** One member with every optional header field. */
export function gzipWithFullHeader(text: string): Buffer {
  const bytes = Buffer.from(text);
  const header = Buffer.concat([
    Buffer.from([0x1f, 0x8b, 8, 0x1e, 0, 0, 0, 0, 0, 3]),
    Buffer.from([5, 0, 1, 2, 3, 4, 5]),
    Buffer.from('name.pfw\0a comment\0'),
  ]);
  const headerCrc = Buffer.alloc(2);
  headerCrc.writeUInt16LE(crc32(header) & 0xffff);
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(bytes), 0);
  trailer.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([header, headerCrc, deflateRawSync(bytes), trailer]);
}

/** Writes lines, each ended by a newline, as the name's ending says. */
export function writeTrace(path: string, lines: readonly string[], spec: GzipSpec = {}): void {
  const text = lines.map((line) => `${line}\n`).join('');
  writeFileSync(path, path.endsWith('.gz') ? gzipOf(text, spec) : text);
}
