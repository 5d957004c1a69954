/** Files that somebody else wrote: compressed traces, and indexes of them. The plain reader on zlib is the judge. */
import { built } from '../built.mjs';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { mutate, Random } from '../random.mjs';

const { Filter, PlainTraceFile, TraceIndexes } = await built('libs/trace-index/src/index.js');
const { closeTornFile } = await built('libs/trace-hooks/src/index.js');
const { readAll } = await import('./read-all.mjs');

const directory = mkdtempSync(join(tmpdir(), 'fuzz-'));
process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
const never = new AbortController().signal;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

function trace(events, seed) {
  const random = new Random(seed);
  const lines = Array.from(
    { length: events },
    (_, at) =>
      `{"id":${at},"name":"op${at % 7}","cat":"POSIX","pid":1,"tid":${at % 5},"ts":${1_795_000_000_000_000 + at * 9},"dur":${random.below(900)},"ph":"X","args":{"ret":${random.next()},"k":"${random.next().toString(36)}${random.next().toString(36)}"}}`,
  );
  return Buffer.from(`[\n${lines.join('\n')}\n]\n`);
}

const small = trace(400, 3);
const members = Buffer.concat([gzipSync(small.subarray(0, 9000)), gzipSync(small.subarray(9000))]);

/** What zlib itself takes whole must be served whole. */
async function readGzip(bytes) {
  const path = join(directory, 'one.pfw.gz');
  writeFileSync(path, bytes);
  const file = await PlainTraceFile.open(path, never);
  const lines = await readAll(file, new Filter([]));
  await file.close();
  let whole;
  try {
    whole = gunzipSync(bytes);
  } catch {
    return;
  }
  const expected = whole
    .toString('latin1')
    .split('\n')
    .filter((line) => line.startsWith('{"id"') && isObject(line)).length;
  const served = lines
    .toString('latin1')
    .split('\n')
    .filter((line) => line.startsWith('{"id"')).length;
  if (served < expected) throw new Error(`zlib reads ${expected} events, served are ${served}`);
}

function isObject(line) {
  try {
    return typeof JSON.parse(line.replace(/,\s*$/, '')) === 'object';
  } catch {
    return false;
  }
}

const bigPath = join(directory, 'big.pfw.gz');
const indexDirectory = join(directory, 'index');
const big = gzipSync(trace(40_000, 5), { level: 1 });
let pool;
let expected;
let index;

/** One pool of threads for all inputs, as in the service. */
function indexed(path) {
  pool ??= new TraceIndexes({ indexDirectory, threads: 1, cacheBytes: 0, log: silent });
  return pool.open(path, { signal: never });
}

async function selected(opening) {
  const file = await opening;
  return readAll(file, new Filter(CONDITIONS)).finally(() => file.close());
}

/** Answers with a damaged index are the same bytes as without one, or an error; never other bytes. */
async function readIndexed(_, random) {
  if (expected === undefined) {
    writeFileSync(bigPath, big);
    await selected(indexed(bigPath));
    const name = readdirSync(indexDirectory).find((one) => one.startsWith('big') && one.endsWith('.idx'));
    index = { path: join(indexDirectory, name), bytes: readFileSync(join(indexDirectory, name)) };
    expected = await selected(PlainTraceFile.open(bigPath, never));
  }
  writeFileSync(index.path, mutate(index.bytes, random));
  // Threads that have the index open would go on with what they know of it: a new start must look at it.
  await pool.close();
  pool = undefined;
  const lines = await selected(indexed(bigPath));
  if (!lines.equals(expected)) throw new Error(`other bytes: ${lines.length} instead of ${expected.length}`);
}

/** A damaged file gives the same bytes with an index (our inflate) and without (zlib). */
async function readDamaged(_, random) {
  const path = join(directory, 'damaged.pfw.gz');
  // Padding behind the last member keeps it above the size from which on files are indexed.
  writeFileSync(path, Buffer.concat([mutate(big, random), Buffer.alloc(1 << 20)]));
  const plain = await selected(PlainTraceFile.open(path, never));
  const lines = await selected(indexed(path));
  if (!lines.equals(plain)) throw new Error(`other bytes: ${lines.length} with an index, ${plain.length} without`);
}

const CONDITIONS = [{ kind: 'text', field: 'name', values: new Set(['op3']), negated: false }];

export const targets = [
  {
    name: 'gzip, inflate and lines of a trace file',
    seeds: [gzipSync(small), members, gzipSync(small, { level: 0 })],
    run: readGzip,
    share: 2,
  },
  {
    name: 'end of a torn trace file',
    seeds: [members],
    run(bytes) {
      const path = join(directory, 'torn.pfw.gz');
      writeFileSync(path, bytes);
      closeTornFile(path);
    },
  },
  { name: 'index of a trace file', seeds: [Buffer.alloc(1)], run: readIndexed, share: 3 },
  { name: 'a damaged file through our inflate, against zlib', seeds: [Buffer.alloc(1)], run: readDamaged, share: 3 },
];
