import { mkdtempSync, openSync, closeSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FileSource, MemorySource, type ByteSource } from '../kernels/byte-source.js';
import { TraceKernels } from '../kernels/trace-kernels.js';
import { timeBox } from '../testing/time-box.js';
import { traceLines } from '../testing/trace-lines.js';
import { buildIndex } from './build-index.js';
import { ChunkDecoder, type ChunkSource } from './chunk-text.js';
import { IndexFile } from './index-file.js';

/** Per kind of file; a longer run: FUZZ_MS=60000. */
const FUZZ_MS = Number(process.env['FUZZ_MS'] ?? 250);
const CHUNK_BYTES = 40_000;
const LINES = traceLines({ dialect: 'integers', events: 4000, seed: 7 });
const LONG_LINE = `{"name":"long","ph":"X","pid":1,"tid":1,"ts":1,"dur":1,"args":{"text":"${'x'.repeat(90_000)}"}}`;

/** Members of so many lines each. */
const members = (lines: readonly string[], each: number, options = {}): Buffer =>
  Buffer.concat(
    Array.from({ length: Math.ceil(lines.length / each) }, (_, at) =>
      gzipSync(`${lines.slice(at * each, (at + 1) * each).join('\n')}\n`, options),
    ),
  );

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'chunk-text-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** What a source was asked for. */
class CountingSource implements ByteSource {
  bytes = 0;
  constructor(private readonly source: ByteSource) {}
  read(into: Uint8Array, offset: number): number {
    const n = this.source.read(into, offset);
    this.bytes += n;
    return n;
  }
}

describe.each([
  ['one member', members(LINES, 4000)],
  ['members that end in the middle of chunks', members(LINES, 170)],
  ['members smaller than lines are long', members([...LINES.slice(0, 800), LONG_LINE, ...LINES.slice(800)], 1)],
  ['stored blocks', members(LINES, 4000, { level: 0 })],
  ['fixed codes', members(LINES, 1000, { strategy: constants.Z_FIXED })],
  ['a line that is longer than what is kept', members([...LINES.slice(0, 900), LONG_LINE, ...LINES.slice(900)], 9000)],
])('chunks of %s', (name, bytes) => {
  let index: IndexFile;
  let trace: CountingSource;
  let fd: number;
  const text = gunzipSync(bytes).toString();

  beforeAll(() => {
    const tracePath = join(directory, `${name}.pfw.gz`);
    writeFileSync(tracePath, bytes);
    buildIndex({ tracePath, indexPath: `${tracePath}.idx`, format: 'gzip', chunkBytes: CHUNK_BYTES });
    index = IndexFile.open(`${tracePath}.idx`);
    fd = openSync(tracePath, 'r');
    trace = new CountingSource(new FileSource(fd));
  });
  afterAll(() => {
    closeSync(fd);
  });

  const sourceOf = (number: number, from: ByteSource = trace): ChunkSource => {
    const directoryOf = index.chunks();
    const chunk = directoryOf.facts(number);
    const next = number + 1 < directoryOf.count ? directoryOf.facts(number + 1).cut.textOffset : undefined;
    const window = Buffer.alloc(chunk.window.bytes);
    const indexFd = openSync(index.path, 'r');
    new FileSource(indexFd).read(window, chunk.window.offset);
    closeSync(indexFd);
    return { trace: from, chunk, next, window };
  };

  /** The lines of a chunk; the memory in which they were is written over, as users of a chunk may. */
  function decoded(kernels: TraceKernels, decoder: ChunkDecoder, number: number, lines = Infinity): string {
    const { from, to } = decoder.decode(sourceOf(number), lines);
    const area = kernels.bytes.subarray(from, to);
    const copy = area.toString();
    area.fill(0x23);
    return copy;
  }

  it('are the same one after the other as each from its own resume point, and together all of the text', () => {
    const kernels = new TraceKernels();
    const decoder = new ChunkDecoder(kernels);
    const { count } = index.chunks();
    expect(count).toBeGreaterThan(10);
    const inTurn = Array.from({ length: count }, (_, number) => decoded(kernels, decoder, number));
    expect(inTurn.join('') === text).toBe(true);
    const backwards = Array.from({ length: count }, (_, at) => decoded(kernels, decoder, count - 1 - at));
    expect(backwards.reverse().join('') === text).toBe(true);
  });

  it('may be left out, read in part and asked for again', () => {
    const kernels = new TraceKernels();
    const decoder = new ChunkDecoder(kernels);
    const alone = (number: number): string => {
      const own = new TraceKernels();
      return decoded(own, new ChunkDecoder(own), number);
    };
    for (const number of [0, 1, 1, 2, 4, 5, 3, 4, 5, 6]) expect(decoded(kernels, decoder, number)).toBe(alone(number));
    expect(alone(7).startsWith(decoded(kernels, decoder, 7, 3))).toBe(true);
    expect(decoded(kernels, decoder, 8)).toBe(alone(8));
    expect(decoded(kernels, decoder, 9)).toBe(alone(9));
  });

  it('are right or refused when a bit of the file is another one', () => {
    const { count } = index.chunks();
    const right = Array.from({ length: count }, (_, number) => {
      const own = new TraceKernels();
      return decoded(own, new ChunkDecoder(own), number);
    });
    let refused = 0;
    const byteOf = (number: number): number => {
      const { point } = index.chunks().facts(number).cut;
      return 'byte' in point ? point.byte : 0;
    };
    timeBox(`damaged ${name}`, FUZZ_MS, 30, (random) => {
      const first = random.below(count);
      const behind = Math.min(count, first + 4);
      // Among the bytes that these chunks are decoded from.
      const start = byteOf(first);
      const place = start + random.below((behind < count ? byteOf(behind) : bytes.length) - start);
      const damaged = Buffer.from(bytes);
      damaged[place] = (damaged[place] ?? 0) ^ (1 << random.below(8));
      const kernels = new TraceKernels();
      const decoder = new ChunkDecoder(kernels);
      const from = new MemorySource(damaged);
      for (let number = first; number < behind; number++) {
        try {
          const { from: at, to } = decoder.decode(sourceOf(number, from), Infinity);
          expect(kernels.bytes.toString('utf8', at, to) === right[number]).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ code: 'STORAGE_FAILED', message: expect.stringMatching('what was indexed') });
          refused++;
        }
      }
    });
    expect(refused).toBeGreaterThan(0);
  });
});
