import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, constants } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FileFacts } from '../query/file-facts.js';
import { Filter } from '../query/filter.js';
import { gzipOf, gzipWithFullHeader, traceLines } from '../testing/trace-lines.js';
import { PlainTraceFile } from './plain-trace-file.js';

const never = new AbortController().signal;
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'bad-files-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

/** What a file of these bytes gives: its lines, and the facts about it. */
async function serve(bytes: Buffer | string, name = 'a.pfw.gz'): Promise<{ lines: string[]; facts: FileFacts }> {
  const path = join(directory, name);
  writeFileSync(path, bytes);
  const reader = await PlainTraceFile.open(path, never);
  const parts: Buffer[] = [];
  for await (const block of reader.select(Filter.everything, { metadata: 'all' }, never)) parts.push(block.bytes);
  expect(reader.summary.totalEvents).toBe(reader.facts.events);
  return { lines: Buffer.concat(parts).toString().split('\n').slice(0, -1), facts: reader.facts };
}

const one = '{"name":"a","ts":1}';
const two = '{"name":"b","ts":2}';
const text = `[\n${one}\n${two}\n]\n`;

describe('a gzip file', () => {
  it('may have any header, padding of zeros, empty members', async () => {
    expect((await serve(gzipWithFullHeader(text))).lines).toEqual([one, two]);
    const padded = await serve(Buffer.concat([gzipOf(text), Buffer.alloc(70_000)]));
    expect([padded.lines, padded.facts.complete, padded.facts.problem]).toEqual([[one, two], true, undefined]);
    const empty = await serve(Buffer.concat([gzipOf(''), gzipOf(`${one}\n`), gzipOf(''), gzipOf(two)]));
    expect([empty.lines, empty.facts.complete, empty.facts.members]).toEqual([[one, two], true, 4]);
  });

  it('that is cut at any byte is served up to its last complete line', async () => {
    const lines = traceLines({ dialect: 'hex', events: 12 });
    const whole = gzipOf(lines.map((line) => `${line}\n`).join(''), { members: 3 });
    const records = lines.slice(1, -1);
    for (let length = 0; length < whole.length; length++) {
      const { lines: served, facts } = await serve(whole.subarray(0, length));
      expect(served).toEqual(records.slice(0, served.length));
      // Cut between two members it looks like a shorter file that is complete.
      if (facts.complete) expect(facts.problem).toBeUndefined();
      else expect([length, facts.problem?.kind]).toEqual([length, length === 0 ? 'truncated' : facts.problem?.kind]);
      if (!facts.complete && length > 0) expect(facts.problem).toMatchObject({ kind: 'truncated', atByte: length });
    }
  }, 90_000);

  it('gives the lines that a sync flush has brought out while it is written', async () => {
    const head = gzipSync(text, { finishFlush: constants.Z_SYNC_FLUSH });
    const { lines, facts } = await serve(head);
    expect([lines, facts.complete, facts.skipped.tailBytes]).toEqual([[one, two], false, 0]);
  });

  it('with garbage behind it is served whole, and the garbage counted', async () => {
    const { lines, facts } = await serve(Buffer.concat([gzipOf(text), Buffer.from('garbage')]));
    expect(lines).toEqual([one, two]);
    expect(facts).toMatchObject({
      complete: true,
      problem: { kind: 'garbage', atByte: gzipOf(text).length },
      skipped: { garbageBytes: 7 },
    });
  });

  it('with a wrong CRC, a wrong length or broken data serves what stands before that member', async () => {
    const good = gzipOf(`${one}\n{"name":"half`);
    const spoil = (at: number): Buffer => {
      const member = gzipOf(`way","ts":2}\n${traceLines({ dialect: 'hex', events: 40 }).join('\n')}\n`);
      const i = at < 0 ? member.length + at : at;
      member[i] = (member[i] ?? 0) ^ 0x55;
      return member;
    };
    for (const [at, message] of [
      [-8, 'the CRC'],
      [-1, 'the length'],
      [40, ''],
    ] as const) {
      const { lines, facts } = await serve(Buffer.concat([good, spoil(at)]));
      expect([at, lines]).toEqual([at, [one]]);
      expect(facts).toMatchObject({
        complete: false,
        members: 1,
        events: 1,
        problem: { kind: 'damaged', atByte: good.length },
        skipped: { tailBytes: 13 },
      });
      expect(facts.problem?.message).toContain(message);
      expect((await serve(spoil(at))).facts).toMatchObject({
        events: 0,
        usableBytes: 0,
        problem: { kind: 'damaged', atByte: 0 },
      });
    }
  });

  it('that is none is damaged from its first byte', async () => {
    expect((await serve(text)).facts).toMatchObject({
      complete: false,
      events: 0,
      problem: { kind: 'damaged', atByte: 0, message: 'not a gzip file' },
    });
    expect((await serve('')).facts).toMatchObject({
      complete: false,
      events: 0,
      problem: { kind: 'truncated', message: 'the file is empty' },
    });
  });

  it('that is a deflate bomb needs time, not memory', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20), { level: 9 });
    const before = process.memoryUsage().rss;
    const { lines, facts } = await serve(Buffer.concat([bomb, bomb, bomb, gzipOf(`\n${one}\n`)]));
    expect([lines, facts.skipped.oversizedLines]).toEqual([[one], 1]);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
  }, 90_000);
});

describe('a plain file', () => {
  it('without a last newline has a last line when that is whole, and is unfinished when not', async () => {
    expect(await serve(`${one}\n${two}`, 'a.pfw')).toMatchObject({
      lines: [one, two],
      facts: { complete: true, lines: 1 },
    });
    expect(await serve(`${one}\n]`, 'a.pfw')).toMatchObject({ lines: [one], facts: { complete: true } });
    expect(await serve(`${one}\n{"name":"b`, 'a.pfw')).toMatchObject({
      lines: [one],
      facts: {
        complete: false,
        problem: { kind: 'truncated' },
        skipped: { invalidLines: 0, tailBytes: 10 },
        usableBytes: one.length + 1,
      },
    });
    expect(await serve('', 'a.pfw')).toMatchObject({ lines: [], facts: { complete: true, events: 0 } });
  });
});

describe('lines', () => {
  it('that are no JSON object are skipped and counted', async () => {
    const bad = ['not json', '{"name":}', '{"name":"a"}}', '[1]', 'null', '{"a":"\u0000"}', '{"a":"tab\there"}'];
    const { lines, facts } = await serve(gzipOf([one, ...bad, '', '  ', two].join('\n')));
    expect([lines, facts.skipped.invalidLines]).toEqual([[one, two], bad.length]);
  });

  it('over 16 MiB are skipped and counted, those just below are served', async () => {
    const filler = (length: number): string => `{"a":"${'x'.repeat(length - 8)}"}`;
    const limit = 16 * 1024 * 1024;
    const { lines, facts } = await serve(
      gzipOf([one, filler(limit), filler(limit + 1), two, ''].join('\n'), { level: 1 }),
    );
    expect(lines.map((line) => line.length)).toEqual([one.length, limit, two.length]);
    expect(facts).toMatchObject({ events: 3, skipped: { oversizedLines: 1, invalidLines: 0 } });
  });

  it('with invalid UTF-8, deep nesting, duplicate keys and 64-bit numbers come back byte for byte', async () => {
    const odd = [
      Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xc3, 0x28, 0xff]), Buffer.from('"}')]),
      Buffer.from(`{"args":${'['.repeat(10_000)}${']'.repeat(10_000)}}`),
      Buffer.from('{"ts":1,"ts":2,"name":"a","name":"b"}'),
      Buffer.from('{"ts":1.5e15,"pid":18446744073709551615,"args":{"h":9509357668201227806}}'),
    ];
    const path = join(directory, 'odd.pfw');
    writeFileSync(path, Buffer.concat(odd.flatMap((line) => [line, Buffer.from('\n')])));
    const reader = await PlainTraceFile.open(path, never);
    const parts: Buffer[] = [];
    for await (const block of reader.select(Filter.everything, { metadata: 'none' }, never)) parts.push(block.bytes);
    expect(Buffer.concat(parts).equals(Buffer.concat(odd.flatMap((line) => [line, Buffer.from('\n')])))).toBe(true);
    expect([reader.summary.minTsUs, reader.summary.maxEndUs]).toEqual([2, 1.5e15]);
    expect([...reader.summary.names.keys()]).toEqual(['\ufffd(\ufffd', 'b']);
  });

  it('without timestamps leave the bounds open', async () => {
    const path = join(directory, 'untimed.pfw');
    writeFileSync(path, '{"name":"a"}\n{"name":"b","dur":5}\n');
    const { summary } = await PlainTraceFile.open(path, never);
    expect(summary).toMatchObject({
      totalEvents: 2,
      minTsUs: undefined,
      maxEndUs: undefined,
      durations: { count: 1, sumUs: 5 },
    });
  });
});

describe('what is no readable file', () => {
  it('is refused with the reason', async () => {
    mkdirSync(join(directory, 'd.pfw.gz'));
    execFileSync('mkfifo', [join(directory, 'f.pfw.gz')]);
    for (const name of ['d.pfw.gz', 'f.pfw.gz']) {
      await expect(PlainTraceFile.open(join(directory, name), never)).rejects.toMatchObject({
        code: 'STORAGE_FAILED',
        message: 'not a regular file',
      });
    }
  });

  it('says so when permission is denied', async () => {
    const path = join(directory, 'locked.pfw');
    writeFileSync(path, one);
    chmodSync(path, 0);
    const opening = PlainTraceFile.open(path, never);
    // The administrator may read everything.
    if (process.getuid?.() === 0) await expect(opening).resolves.toBeDefined();
    else
      await expect(opening).rejects.toMatchObject({
        code: 'STORAGE_FAILED',
        message: 'the file cannot be opened: permission denied',
      });
  });
});
