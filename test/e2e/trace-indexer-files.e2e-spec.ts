import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { once } from 'node:events';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { gzipOf, traceLines } from '../../libs/trace-index/src/testing/trace-lines.js';
import { IndexerWorld } from './fixtures/indexer-world.js';

const line = (id: string): string => `{"id":"${id}","name":"n","ts":1,"dur":2,"pid":1,"tid":1,"ph":"X"}`;
const world = new IndexerWorld();
const outside = join(tmpdir(), `outside-${process.pid}.pfw`);
beforeAll(async () => {
  world.write('good.pfw.gz', [line('good')]);
  await world.start();
});
afterAll(async () => {
  rmSync(outside, { force: true });
  await world.close();
});

const ids = (file: string): Promise<unknown[]> => world.ids(`/api/v1/events?file=${encodeURIComponent(file)}`);
const info = (file: string): Promise<Record<string, unknown>> =>
  world.answer(`/api/v1/files/info?file=${encodeURIComponent(file)}`);
const paths = async (): Promise<string[]> =>
  (await world.answer<{ files: { path: string }[] }>('/api/v1/files')).files.map(({ path }) => path);

async function until(what: string, happened: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await happened())) {
    if (Date.now() > deadline) throw new Error(`never happened: ${what}`);
    await sleep(10);
  }
}

describe('bad files', () => {
  const whole = gzipOf(`${[line('1'), line('2')].join('\n')}\n`);
  const spoiled = Buffer.from(whole);
  spoiled[spoiled.length - 6] = (spoiled.at(-6) ?? 0) ^ 1;
  const cases: [string, Buffer, unknown[], Record<string, unknown>][] = [
    [
      'cut.pfw.gz',
      Buffer.concat([whole, gzipOf(line('3')).subarray(0, 12)]),
      ['1', '2'],
      { complete: false, problem: { kind: 'truncated' } },
    ],
    [
      'garbage.pfw.gz',
      Buffer.concat([whole, Buffer.from('xyz')]),
      ['1', '2'],
      { complete: true, problem: { kind: 'garbage', at_byte: whole.length }, skipped: { garbage_bytes: 3 } },
    ],
    [
      'crc.pfw.gz',
      Buffer.concat([whole, spoiled]),
      ['1', '2'],
      { complete: false, problem: { kind: 'damaged', at_byte: whole.length } },
    ],
    ['text.pfw.gz', Buffer.from(line('1')), [], { complete: false, problem: { kind: 'damaged', at_byte: 0 } }],
    [
      'empty.pfw.gz',
      Buffer.alloc(0),
      [],
      { complete: false, problem: { kind: 'truncated' }, is_small: false, num_lines: 0 },
    ],
    [
      'tail.pfw',
      Buffer.from(`${line('1')}\n{"id":"2"`),
      ['1'],
      { complete: false, problem: { kind: 'truncated' }, skipped: { tail_bytes: 9 } },
    ],
    [
      'invalid.pfw',
      Buffer.from(`${line('1')}\nno\n{"a":}\n{"b":"\0"}\n${line('2')}\n`),
      ['1', '2'],
      { complete: true, skipped: { invalid_lines: 3 } },
    ],
    [
      'long.pfw',
      Buffer.from(`${line('1')}\n{"x":"${'y'.repeat(17 * 1024 * 1024)}"}\n${line('2')}\n`),
      ['1', '2'],
      { skipped: { oversized_lines: 1 } },
    ],
    [
      'utf8.pfw',
      Buffer.from(line('\xff').replace('"n"', '"\xc3("'), 'latin1'),
      ['\ufffd'],
      { complete: true, num_events: 1 },
    ],
    [
      'deep.pfw',
      Buffer.from(`{"id":"deep","args":{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}}\n`),
      ['deep'],
      { num_events: 1 },
    ],
  ];

  it.each(cases)('%s has its outcome', async (name, bytes, expected, facts) => {
    world.writeBytes(name, bytes);
    expect(await ids(name)).toEqual(expected);
    expect(await info(name)).toMatchObject(facts);
    // One bad file never harms the others.
    expect(await ids('good.pfw.gz')).toEqual(['good']);
  });

  it('count in the figures', async () => {
    const { text } = await world.http().get('/metrics');
    expect(text).toMatch(/^tracer_index_incomplete_files\{problem="damaged",.*\} 2$/m);
    expect(text).toMatch(/^tracer_index_skipped\{what="oversizedLines",.*\} 1$/m);
    const stats = await world.answer<{ file_count: number; total_events: number }>('/api/v1/stats');
    expect(stats).toMatchObject({ file_count: cases.length + 1, total_events: 1 + 2 + 2 + 2 + 1 + 2 + 2 + 1 + 1 });
    for (const [name] of cases) unlinkSync(world.path(name));
    expect(await paths()).toEqual(['good.pfw.gz']);
  });

  it('that cannot be opened are said to be unreadable', async () => {
    world.write('locked.pfw', [line('l')]);
    chmodSync(world.path('locked.pfw'), 0);
    // The administrator may read everything; for anyone else the file is there and cannot be read.
    if (process.getuid?.() === 0) expect(await ids('locked.pfw')).toEqual(['l']);
    else {
      expect(await world.failure('/api/v1/events?file=locked.pfw', 500)).toContain('permission denied');
      expect(await info('locked.pfw')).toMatchObject({ state: 'unreadable', problem: { kind: 'unreadable' } });
      expect(await world.answer('/api/v1/stats')).toMatchObject({ file_count: 1, files: [{}, { success: false }] });
    }
    unlinkSync(world.path('locked.pfw'));
  });
});

describe('what is no trace file', () => {
  it('is neither listed nor opened, and is counted', async () => {
    writeFileSync(outside, line('secret'));
    mkdirSync(world.path('dir.pfw.gz'));
    execFileSync('mkfifo', [world.path('fifo.pfw.gz')]);
    symlinkSync(outside, world.path('leaves.pfw'));
    symlinkSync('/nowhere', world.path('dangling.pfw'));
    symlinkSync(tmpdir(), world.path('linked'));
    symlinkSync('good.pfw.gz', world.path('again.pfw.gz'));
    world.write('dir.pfw.gz/inside.pfw', [line('inside')]);
    world.writeBytes('notes.txt', 'x');
    world.writeBytes('upper.PFW', 'x');
    expect(await paths()).toEqual(['again.pfw.gz', 'dir.pfw.gz/inside.pfw', 'good.pfw.gz']);
    expect(await ids('again.pfw.gz')).toEqual(['good']);
    for (const name of ['leaves.pfw', 'fifo.pfw.gz', 'dir.pfw.gz', 'dangling.pfw']) {
      expect(await world.failure(`/api/v1/events?file=${name}`, 404)).toBe(`File not found: ${name}`);
    }
    expect(await world.answer('/api/v1/info')).toMatchObject({
      ignored: { 'not a regular file': 2, 'link leaves the directory': 1, unreadable: 1, 'linked directory': 1 },
    });
    const { text } = await world.http().get('/metrics');
    expect(text).toMatch(/^tracer_index_ignored_entries\{reason="link leaves the directory",.*\} 1$/m);
    for (const name of ['fifo.pfw.gz', 'leaves.pfw', 'dangling.pfw', 'linked', 'again.pfw.gz'])
      unlinkSync(world.path(name));
    rmSync(world.path('dir.pfw.gz'), { recursive: true });
  });
});

describe('a directory that changes', () => {
  it('shows new, grown, replaced and removed files at the next question', async () => {
    world.write('sub/deeper/new.pfw.gz', [line('1')]);
    expect(await ids('sub/deeper/new.pfw.gz')).toEqual(['1']);
    appendFileSync(world.path('sub/deeper/new.pfw.gz'), gzipOf(`${line('2')}\n`));
    await until('the file grew', async () => (await ids('sub/deeper/new.pfw.gz')).length === 2);
    world.write('other.pfw.gz', [line('3')]);
    renameSync(world.path('other.pfw.gz'), world.path('sub/deeper/new.pfw.gz'));
    await until('the file was replaced', async () => (await ids('sub/deeper/new.pfw.gz'))[0] === '3');
    rmSync(world.path('sub'), { recursive: true });
    await until('the file was removed', async () => (await paths()).length === 1);
    expect(await world.failure('/api/v1/events?file=sub/deeper/new.pfw.gz', 404)).toContain('File not found');
  });

  it('is watched: what appears is opened before anybody asks', async () => {
    world.write('unasked/watched.pfw.gz', [line('w')]);
    const ready = async (): Promise<number> => {
      const { text } = await world.http().get('/metrics');
      return Number(/^tracer_index_files\{state="ready",.*\} (\d+)$/m.exec(text)?.[1]);
    };
    await until('two files are ready', async () => (await ready()) === 2);
    rmSync(world.path('unasked'), { recursive: true });
    await until('one file is ready', async () => (await ready()) === 1);
  });

  it('does not disturb an answer under way: the file that was opened is read to its end', async () => {
    world.write('removed.pfw.gz', traceLines({ dialect: 'hex', events: 40_000 }));
    const request = get(`${world.url}/api/v1/events/stream?file=removed.pfw.gz&metadata=none`);
    const [response] = (await once(request, 'response')) as [AsyncIterable<Buffer>];
    let newlines = 0;
    for await (const part of response) {
      if (newlines === 0) unlinkSync(world.path('removed.pfw.gz'));
      for (const byte of part) if (byte === 10) newlines++;
    }
    expect(newlines).toBe(40_000);
  });

  it('cuts the connection when a file is overwritten under an answer: half of it never looks complete', async () => {
    world.write('changing.pfw.gz', traceLines({ dialect: 'hex', events: 200_000 }));
    await ids('changing.pfw.gz');
    const request = get(`${world.url}/api/v1/events/stream?file=changing.pfw.gz&metadata=none`);
    const [response] = (await once(request, 'response')) as [AsyncIterable<Buffer>];
    const reading = (async () => {
      let begun = false;
      for await (const part of response) {
        if (!begun && part.length > 0) writeFileSync(world.path('changing.pfw.gz'), 'something else');
        begun = true;
      }
    })();
    await expect(reading).rejects.toThrow('aborted');
    unlinkSync(world.path('changing.pfw.gz'));
  }, 90_000);
});

describe('files that are still being indexed', () => {
  const busy = new IndexerWorld();
  afterAll(() => busy.close());

  it('make a client wait, unless it does not want to', async () => {
    const many = traceLines({ dialect: 'hex', events: 120_000 });
    for (const name of ['1.pfw', '2.pfw', '3.pfw']) busy.write(name, many);
    await busy.start(['--executor-threads', '1']);
    expect((await busy.http().get('/ready').expect(503)).body).toMatchObject({
      checks: [{ detail: expect.stringMatching(/^\d of 3 files are still being indexed$/) }],
    });
    for (const url of [
      '/api/v1/events?file=3.pfw&',
      '/api/v1/stats?',
      '/api/v1/info?',
      '/api/v1/files/info?file=3.pfw&',
      '/api/v1/viz/events?begin=0&end=1&summary=1&',
      '/api/v1/names?',
    ]) {
      const response = await busy.http().get(`${url}wait=0`);
      expect([url, response.status, response.body, response.headers['retry-after']]).toEqual([
        url,
        503,
        { error: expect.stringContaining('still being indexed') },
        '1',
      ]);
    }
    expect(await busy.ids('/api/v1/events?file=3.pfw&limit=1&metadata=none')).toHaveLength(1);
    expect(await busy.answer('/api/v1/stats')).toMatchObject({ total_events: 360_000 });
    await busy.http().get('/ready').expect(200);
    expect(await busy.answer('/api/v1/stats?wait=0')).toMatchObject({ total_events: 360_000 });
  }, 90_000);
});

describe('a directory that cannot be read', () => {
  it('is said to be the reason for not being ready', async () => {
    const nowhere = new IndexerWorld();
    rmSync(nowhere.directory, { recursive: true });
    await nowhere.start();
    expect((await nowhere.http().get('/ready').expect(503)).body).toMatchObject({
      checks: [{ detail: expect.stringContaining('the trace directory cannot be read') }],
    });
    expect(await nowhere.answer('/api/v1/files')).toEqual({ files: [], count: 0 });
    mkdirSync(nowhere.directory);
    nowhere.write('late.pfw', [line('late')]);
    expect(await nowhere.ids('/api/v1/events?file=late.pfw')).toEqual(['late']);
    await nowhere.http().get('/ready').expect(200);
    await nowhere.close();
  });
});
