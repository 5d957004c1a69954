import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Fault } from './fault.js';
import { seconds, type SuiteStage } from './suite-stage.js';
import { traceText, writeTrace } from './trace-files.js';

const EVENTS = 50_000;

/** What can happen to an index, each a function of its bytes. */
const INDEX_DAMAGES: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  empty: () => Buffer.alloc(0),
  'cut in half': (bytes) => bytes.subarray(0, bytes.length >> 1),
  'a byte of the head': (bytes) => flipped(bytes, 5),
  'a byte in the middle': (bytes) => flipped(bytes, bytes.length >> 1),
  'a byte at the end': (bytes) => flipped(bytes, bytes.length - 9),
  zeros: (bytes) => Buffer.alloc(bytes.length),
};

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0x55;
  return copy;
}

const damagedIndex: Fault = {
  name: 'damaged indexes',
  must: 'never a wrong answer: the same bytes as before, or none; soon the same bytes again, without any help',
  async run(stage) {
    const damages = Object.entries(INDEX_DAMAGES);
    const names = damages.map((_, at) => `damage-${at}.pfw.gz`);
    for (const [at, name] of names.entries()) writeTrace(stage.traces, name, EVENTS, at + 1);
    await allIndexed(stage, names);
    const before = await Promise.all(names.map((name) => answerAbout(stage, name)));
    const paths = names.map((name) => indexPath(stage, name));
    for (const [at, [, damage]] of damages.entries()) {
      const path = paths[at] ?? '';
      writeFileSync(path, damage(readFileSync(path)));
    }
    const away = await stage.killAndWait('trace-indexer');
    await allIndexed(stage, names);
    const after = await Promise.all(names.map((name) => answerAbout(stage, name)));
    const broken = after.flatMap((answer, at) => (answer === undefined ? [at] : []));
    for (const [at, answer] of after.entries()) if (answer !== undefined) assert.equal(answer, before[at]);
    // What is found only while it is read costs that answer; the index is then made anew by itself.
    await stage.until('every index is whole again', async () => {
      const again = await Promise.all(names.map((name) => answerAbout(stage, name)));
      return again.every((answer, at) => answer === before[at]);
    });
    for (const name of names) rmSync(join(stage.traces, name));
    const found = broken.map((at) => damages[at]?.[0] ?? '');
    return `ready after ${seconds(away)}; ${damages.length - broken.length} of ${damages.length} answered at once, all when asked again; broken off first: ${found.join(', ') || 'none'}; no wrong byte`;
  },
};

function indexPath({ data }: SuiteStage, name: string): string {
  const directory = join(data, 'index');
  const file = readdirSync(directory).find((one) => one.startsWith(name) && one.endsWith('.idx'));
  assert.ok(file, `no index of ${name} among ${readdirSync(directory).join(', ')}`);
  return join(directory, file);
}

async function allIndexed(stage: SuiteStage, names: readonly string[]): Promise<void> {
  interface Files {
    files: { path: string; state: string; has_checkpoint_index: boolean }[];
  }
  await stage.until('all files are indexed', async () => {
    const { files } = await stage.json<Files>('/api/v1/files');
    const of = (name: string) => files.find(({ path }) => path === name);
    return names.every((name) => of(name)?.state === 'ready' && of(name)?.has_checkpoint_index === true);
  });
}

/** Digest of a whole answer; undefined when it was refused or broke off, which a client can tell from a whole one. */
async function answerAbout(stage: SuiteStage, name: string): Promise<string | undefined> {
  try {
    const response = await stage.fetch(`/api/v1/events/stream?file=${name}&name=op7&dur_min=100`);
    const bytes = Buffer.from(await response.arrayBuffer());
    return response.ok ? createHash('sha256').update(bytes).digest('hex') : undefined;
  } catch {
    return undefined;
  }
}

/** What can happen to a trace file, and the problem that the indexer must name. */
const TRACE_DAMAGES: readonly [name: string, problem: string, make: (whole: Buffer) => Buffer][] = [
  ['a flipped byte', 'damaged', (whole) => flipped(whole, whole.length >> 1)],
  ['a wrong check sum', 'damaged', (whole) => flipped(whole, whole.length - 8)],
  ['cut', 'truncated', (whole) => whole.subarray(0, whole.length >> 1)],
  ['garbage behind it', 'garbage', (whole) => Buffer.concat([whole, Buffer.from('garbage'.repeat(99))])],
  ['no gzip', 'damaged', () => Buffer.from('this is no gzip file'.repeat(99))],
];

const damagedTrace: Fault = {
  name: 'damaged trace files',
  must: 'never a 5xx; the kind of damage is named; other files are served as before',
  async run(stage) {
    const whole = gzipSync(traceText(5_000));
    writeFileSync(join(stage.traces, 'whole.pfw.gz'), whole);
    const served: string[] = [];
    for (const [at, [name, problem, make]] of TRACE_DAMAGES.entries()) {
      const file = `broken-${at}.pfw.gz`;
      writeFileSync(join(stage.traces, file), make(whole));
      await stage.until('the file is seen', async () => (await stage.fetch(`/api/v1/files/info?file=${file}`)).ok);
      const info = await stage.json<{ problem?: { kind?: string } }>(`/api/v1/files/info?file=${file}`);
      assert.equal(info.problem?.kind, problem, `${name}: ${JSON.stringify(info)}`);
      const events = await stage.fetch(`/api/v1/events/stream?file=${file}`);
      assert.equal(events.status, 200);
      const lines = (await events.text()).split('\n').length - 1;
      served.push(`${name}: ${problem}, ${lines} of 5000 served`);
    }
    const events = await (await stage.fetch('/api/v1/events/stream?file=whole.pfw.gz')).text();
    assert.equal(events.split('\n').length - 1, 5_000);
    for (const at of TRACE_DAMAGES.keys()) rmSync(join(stage.traces, `broken-${at}.pfw.gz`));
    return served.join('; ');
  },
};

export const damagedFiles: readonly Fault[] = [damagedIndex, damagedTrace];
