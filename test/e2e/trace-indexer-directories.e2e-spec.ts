import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IndexerWorld } from './fixtures/indexer-world.js';

const FILES = 500;
const world = new IndexerWorld();
const line = (at: number): string =>
  `{"id":"${at}","name":"read","cat":"POSIX","ts":${1000 + at},"dur":${at + 1},"pid":${at},"tid":${at},"ph":"X"}`;

beforeAll(async () => {
  for (let at = 0; at < FILES; at++) world.write(`job7/rank-${at}.pfw`, [line(at)]);
  world.write('job7/late/rank-900.pfw', [line(900)]);
  world.write('job77/rank-901.pfw', [line(901)]);
  world.write('top.pfw', [line(902)]);
  await world.start();
}, 120_000);
afterAll(() => world.close());

const names = async (file: string): Promise<number> => {
  const answer = await world.answer<{ names: { count: number }[] }>(`/api/v1/names?file=${encodeURIComponent(file)}`);
  return answer.names[0]?.count ?? 0;
};

describe('a directory of 500 files by one short key', () => {
  it.each([
    ['job7/', FILES],
    ['job7/**', FILES + 1],
    ['job77/', 1],
    ['./', 1],
    ['**', FILES + 3],
  ])('%s', async (key, events) => {
    expect(await names(key)).toBe(events);
  });

  it('works on every route over events, beside files, and as an absolute path', async () => {
    const file = 'file=job7%2F';
    expect(await world.ids(`/api/v1/events/stream?${file}`)).toHaveLength(FILES);
    expect(await world.ids(`/api/v1/events/stream?${file}&file=top.pfw&file=job7%2Frank-3.pfw`)).toHaveLength(
      FILES + 1,
    );
    expect(await names(`${world.directory}/job7/`)).toBe(FILES);
    const { lanes } = await world.answer<{ lanes: unknown[] }>(`/api/v1/lanes?${file}`);
    expect(lanes).toHaveLength(FILES);
    const window = `${file}&ts_normalize=0&begin=0&end=9000`;
    expect(await world.answer(`/api/v1/viz/density?${window}`)).toMatchObject({ events: FILES });
    const drawn = await world.answer<{ events: unknown[] }>(`/api/v1/viz/events?${window}&summary=1`);
    expect(drawn.events).toHaveLength(FILES);
    expect(await world.answer('/api/v1/query', { files: ['job7/'] })).toMatchObject({ matched: FILES });
  });

  it.each(['job8/', 'job/', '../', '/etc/', 'job7/rank-1.pfw/', 'nothing/**'])('%s holds no file', async (key) => {
    const file = encodeURIComponent(key);
    expect(await world.failure(`/api/v1/names?file=${file}`, 404)).toBe(`No file in directory: ${key}`);
  });
});
