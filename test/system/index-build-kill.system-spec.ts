import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InlineExecutor } from '../../libs/trace-index/src/index/chunk-executor.js';
import { IndexFile } from '../../libs/trace-index/src/index/index-file.js';
import { IndexUnusable } from '../../libs/trace-index/src/index/index-format.js';
import { IndexedTraceFile } from '../../libs/trace-index/src/index/indexed-trace-file.js';
import { PlainTraceFile } from '../../libs/trace-index/src/plain/plain-trace-file.js';
import { Filter } from '../../libs/trace-index/src/query/filter.js';
import type { TraceFileReader } from '../../libs/trace-index/src/query/trace-file-reader.js';
import { Random } from '../../libs/trace-index/src/testing/time-box.js';
import { traceLines, writeTrace } from '../../libs/trace-index/src/testing/trace-lines.js';

const KILLS = 50;
const directory = mkdtempSync(join(tmpdir(), 'index-build-kill-'));
const trace = join(directory, 'a.pfw.gz');
const index = `${trace}.idx`;
const never = new AbortController().signal;
const some = new Filter([
  { kind: 'text', field: 'name', values: new Set(['MPI_Send']), negated: false },
  { kind: 'number', field: 'dur', op: '>=', values: [300], orAbsent: false },
]);
let expected: string;

beforeAll(async () => {
  // Stored text: what counts is how long a build takes, not how long the file does to write.
  writeTrace(trace, traceLines({ dialect: 'hex', events: 150_000, threads: 20, files: 300 }), { level: 1 });
  expected = await answer(await PlainTraceFile.open(trace, never));
}, 60_000);
afterAll(() => {
  rmSync(directory, { recursive: true });
});

async function answer(reader: TraceFileReader): Promise<string> {
  const parts: Buffer[] = [];
  for await (const { bytes } of reader.select(some, { metadata: 'referenced' }, never)) parts.push(bytes);
  return Buffer.concat(parts).toString();
}

/** What is in the way of using the index, or that its answers are right. */
async function state(): Promise<string> {
  const { size, mtimeNs, ino } = statSync(trace, { bigint: true });
  const identity = { sizeBytes: Number(size), modifiedNs: mtimeNs, inode: ino };
  try {
    const reader = new IndexedTraceFile(trace, IndexFile.open(index), identity, new InlineExecutor());
    return (await answer(reader)) === expected ? 'right' : 'wrong';
  } catch (error) {
    if (error instanceof IndexUnusable) return error.isMissing ? 'missing' : error.message;
    throw error;
  }
}

function build(): ReturnType<typeof spawn> {
  const env = { PATH: process.env['PATH'] };
  return spawn(process.execPath, ['dist/apps/trace-indexer/src/main.js', '-d', directory, '--index'], {
    stdio: 'ignore',
    env,
  });
}

async function buildTookMs(): Promise<number> {
  const begun = performance.now();
  await once(build(), 'exit');
  return performance.now() - begun;
}

it('leaves no index or a right one, whenever a build is killed', async () => {
  const wholeMs = await buildTookMs();
  expect(await state()).toBe('right');
  const random = new Random(7);
  const found: Record<string, number> = {};
  for (let kill = 0; kill < KILLS; kill++) {
    rmSync(index, { force: true });
    const child = build();
    const ended = once(child, 'exit');
    await sleep(wholeMs * (0.4 + 0.65 * random.next()));
    child.kill('SIGKILL');
    await ended;
    const is = await state();
    found[is] = (found[is] ?? 0) + 1;
  }
  process.stdout.write(`      ${KILLS} kills: ${JSON.stringify(found)}\n`);
  expect(Object.keys(found).filter((is) => is !== 'missing' && is !== 'right')).toEqual([]);
  expect(found['missing']).toBeGreaterThan(KILLS / 10);
  rmSync(index, { force: true });
  await buildTookMs();
  expect([await state(), readdirSync(directory).sort()]).toEqual(['right', ['a.pfw.gz', 'a.pfw.gz.idx']]);
}, 600_000);
