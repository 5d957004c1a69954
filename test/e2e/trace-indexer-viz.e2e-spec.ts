import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IndexerWorld } from './fixtures/indexer-world.js';
import { MIXED, OTHER, QUOTED } from './fixtures/mixed-traces.js';

const world = new IndexerWorld();
beforeAll(async () => {
  world.write('a.pfw.gz', MIXED);
  world.write('job/b,1.pfw.gz', OTHER, { members: 3 });
  world.write('job/old.pfw', QUOTED);
  await world.start();
});
afterAll(() => world.close());

describe('/viz/events', () => {
  interface Viz {
    events: { id: unknown; ts?: unknown }[];
    density?: Record<string, unknown>[];
    metadata: Record<string, unknown>;
  }
  const viz = (query: string): Promise<Viz> => world.answer<Viz>(`/api/v1/viz/events?${query}`);
  const idsOf = async (query: string): Promise<unknown[]> =>
    (await viz(`begin=0&end=999999&summary=1&metadata=none&${query}`)).events.map(({ id }) => id);

  it('counts time from the earliest event of all files on', async () => {
    const { events: shown, metadata } = await viz('begin=0&end=999999&summary=1');
    expect(shown.map(({ id, ts }) => [id, ts])).toEqual([
      [1, undefined],
      [3, undefined],
      [6, 0],
      [7, 100],
      [4, undefined],
      [8, 700],
      [9, 2000],
      [10, 50],
      [11, 3000],
      [13, 4000],
      [1, undefined],
      [2, 10_000],
      [3, 11_000],
      [4, 85_000],
      ['0', '15000'],
    ]);
    expect(metadata).toEqual({
      begin: 0,
      end: 999_999,
      count: 15,
      limit: 0,
      truncated: false,
      ts_normalized: true,
      global_min_timestamp_us: 5000,
    });
  });

  it('or shows times as they are', async () => {
    const { events: shown, metadata } = await viz('begin=0&end=6000&summary=1&ts_normalize=0&metadata=none');
    expect(shown.map(({ id, ts }) => [id, ts])).toEqual([
      [6, 5000],
      [7, 5100],
      [8, 5700],
      [10, 5050],
    ]);
    expect(metadata['ts_normalized']).toBe(false);
  });

  it('has keys in the published order, metadata last', async () => {
    const { text } = await world.http().get('/api/v1/viz/events?begin=0&end=1000&summary=2&density=1');
    expect(Object.keys(JSON.parse(text) as object)).toEqual(['events', 'density', 'metadata']);
  });

  it.each<[string, unknown[]]>([
    // 1 920 000 / (1920 * 2) = 500 µs.
    ['summary=2&end=1920000', [7, 8, 10, 11, 2, 3]],
    ['summary=0&end=1920000', [6, 7, 8, 9, 10, 11, 13, 2, 3, 4, '0']],
    ['summary=1&begin=1000&end=2000', [9]],
    ['summary=1&begin=1000&end=2000&overlap=1', [8, 9, 10]],
    ['summary=1&end=999999&limit=2', [6, 7]],
    ['summary=2&end=4000&viewport_width=2', [10, 11]],
  ])('%s shows %j', async (query, ids) => {
    const { events: shown } = await viz(`${query.includes('begin=') ? '' : 'begin=0&'}metadata=none&${query}`);
    expect(shown.map(({ id }) => id)).toEqual(ids);
  });

  it('filters by lanes and conditions', async () => {
    expect(await idsOf('lanes=[{"field":"pid","value":"40"}]')).toEqual([2, 3, 4]);
    expect(await idsOf('lanes={"fields":"cat","value":"POSIX"}')).toEqual([6, 7, 8, 2, '0']);
    expect(await idsOf('lanes=[{"field":"pid","value":31},{"field":"tid","value":"32"}]')).toEqual([8, 9]);
    expect(
      await idsOf('filters=[{"field":"pid","op":"=","value":31},{"field":"duration","op":">=","value":600}]'),
    ).toEqual([7, 8, 10]);
    expect(await idsOf('filters=[{"field":"pid","op":"!=","value":31}]')).toEqual([2, 3, 4, '0']);
    expect(await idsOf('filters=[{"field":"dur","op":">=","value":600.5}]')).toEqual([8, 10, 2, 3]);
    expect(await idsOf('filters=[{"field":"name","op":"in","value":["rss","epoch"]}]')).toEqual([10, 11]);
    expect(await idsOf('cat=APP,AI&pid=31')).toEqual([10, 13]);
    expect(await idsOf('tid=41')).toEqual([3]);
    expect(await idsOf('cat=,')).toEqual(await idsOf(''));
    expect(await idsOf('cat=')).toEqual([]);
    world.write('empty.pfw', ['{"id":"e","name":"n","cat":"","ts":5000}', '{"id":"f","name":"n","ts":5000}']);
    expect(await idsOf('cat=&file=empty.pfw')).toEqual(['e']);
    rmSync(world.path('empty.pfw'));
  });

  it('says when the limit cut something, and shows no metadata of what it cut', async () => {
    const cut = await viz('begin=0&end=999999&summary=1&limit=7');
    expect([cut.events.map(({ id }) => id), cut.metadata['truncated']]).toEqual([
      [1, 3, 6, 7, 4, 8, 9, 10, 11, 13],
      true,
    ]);
    const all = await viz('begin=0&end=999999&summary=1&limit=11');
    expect([all.events.length, all.metadata['truncated'], all.metadata['limit']]).toEqual([15, false, 11]);
  });

  it('shows what a summary leaves out as density', async () => {
    const { events: shown, density } = await viz(
      'begin=0&end=4000&summary=2&viewport_width=2&density=1&metadata=none&file=a.pfw.gz',
    );
    expect(shown.map(({ id }) => id)).toEqual([10, 11]);
    expect(density).toEqual([
      { pid: 31, tid: 31, ts: 0, dur: 2000, count: 2, busy: 640, top: 'read' },
      { pid: 31, tid: 31, ts: 2000, dur: 2000, count: 1, busy: 0, top: 'trailing' },
      { pid: 31, tid: 32, ts: 0, dur: 2000, count: 1, busy: 900, top: 'write' },
      { pid: 31, tid: 32, ts: 2000, dur: 2000, count: 1, busy: 0, top: 'fread' },
    ]);
  });
});
