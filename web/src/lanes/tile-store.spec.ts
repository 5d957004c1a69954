import { describe, expect, it } from '@jest/globals';
import { tileText, type TileKey } from './tile-grid.js';
import { requestTile, type TileRequest } from './tile-request.js';
import { TileStore } from './tile-store.js';
import type { Tile } from './tile.js';

const empty = { names: [], colours: new Uint8Array(), slices: new Map(), density: new Map(), cut: false, maxDepth: 0 };
const tileOf = (key: TileKey, bytes = 100, events = 10): Tile => ({ ...empty, ...key, events, complete: true, bytes });
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

class Server {
  readonly asked: { key: TileKey; expected: number | undefined; signal: AbortSignal }[] = [];
  readonly #answers = new Map<string, { resolve: (tile: Tile) => void; reject: (error: unknown) => void }>();

  readonly load = (key: TileKey, expected: number | undefined, signal: AbortSignal): Promise<Tile> => {
    this.asked.push({ key, expected, signal });
    return new Promise((resolve, reject) => this.#answers.set(tileText(key), { resolve, reject }));
  };

  async answer(key: TileKey, bytes?: number, events?: number): Promise<void> {
    this.#answers.get(tileText(key))?.resolve(tileOf(key, bytes, events));
    await settled();
  }

  async fail(key: TileKey): Promise<void> {
    this.#answers.get(tileText(key))?.reject(new Error('no'));
    await settled();
  }
}

function storeOn(server: Server, budgetBytes = 1000) {
  const [tiles, errors]: [Tile[], unknown[]] = [[], []];
  const store = new TileStore(server.load, {
    ...{ budgetBytes, atOnce: 2 },
    onTile: (tile) => tiles.push(tile),
    onError: (error) => errors.push(error),
  });
  return { store, tiles, errors };
}
const at = (level: number, index: number): TileKey => ({ level, index });

describe('TileStore', () => {
  it('asks for two at a time, the most urgent first, and goes on when one came', async () => {
    const server = new Server();
    const { store, tiles } = storeOn(server);
    store.want([at(3, 1), at(3, 0), at(3, 2)]);
    expect(server.asked.map(({ key }) => key.index)).toEqual([1, 0]);
    await server.answer(at(3, 1));
    expect(server.asked.map(({ key }) => key.index)).toEqual([1, 0, 2]);
    expect(tiles).toHaveLength(1);
    store.want([at(3, 1)]);
    expect(server.asked).toHaveLength(3);
  });

  it('cancels what the view has moved away from, and drops its late answer', async () => {
    const server = new Server();
    const { store, tiles } = storeOn(server);
    store.want([at(3, 1), at(3, 2)]);
    store.want([at(2, 9)]);
    expect(server.asked.map(({ signal }) => signal.aborted)).toEqual([true, true, false]);
    await server.answer(at(3, 1));
    expect(tiles).toEqual([]);
    expect(store.get(at(3, 1))).toBeUndefined();
  });

  it('shows the finest coarser tile while one is on its way', async () => {
    const server = new Server();
    const { store } = storeOn(server);
    store.want([at(5, 0), at(4, 0)]);
    await server.answer(at(5, 0));
    expect(store.best(at(2, 6))).toMatchObject({ ...at(5, 0) });
    await server.answer(at(4, 0));
    expect(store.best(at(2, 3))).toMatchObject({ ...at(4, 0) });
    expect(store.best(at(2, 99))).toBeUndefined();
  });

  it('asks for the first tile alone, and for the others when it is there or has failed', async () => {
    const server = new Server();
    const { store } = storeOn(server);
    store.want([at(5, 0), at(3, 1), at(3, 2)], at(5, 0));
    expect(server.asked.map(({ key }) => key)).toEqual([at(5, 0)]);
    // The view moves on meanwhile: the overview is still wanted, and is not asked for twice.
    store.want([at(5, 0), at(2, 1)], at(5, 0));
    expect(server.asked).toHaveLength(1);
    expect(store.progress).toEqual({ there: 0, wanted: 2 });
    await server.answer(at(5, 0));
    expect(server.asked.map(({ key }) => key)).toEqual([at(5, 0), at(2, 1)]);
    expect(store.progress).toEqual({ there: 1, wanted: 2 });

    const broken = new Server();
    const other = storeOn(broken).store;
    other.want([at(5, 0), at(3, 1)], at(5, 0));
    await broken.fail(at(5, 0));
    expect(broken.asked.map(({ key }) => key)).toEqual([at(5, 0), at(3, 1)]);
  });

  it('stays within its budget and keeps what is wanted', async () => {
    const server = new Server();
    const { store } = storeOn(server, 250);
    for (const index of [0, 1, 2, 3]) {
      store.want([at(0, index)]);
      await server.answer(at(0, index));
    }
    expect(store.bytes).toBe(200);
    expect([0, 1, 2, 3].map((index) => store.get(at(0, index)) !== undefined)).toEqual([false, false, true, true]);
    store.want([at(1, 7)]);
    await server.answer(at(1, 7), 9999);
    expect(store.get(at(1, 7))).toBeDefined();
    expect(store.size).toBe(1);
  });

  it('tells of a failure and does not ask in a circle', async () => {
    const server = new Server();
    const { store, errors } = storeOn(server);
    store.want([at(0, 0)]);
    await server.fail(at(0, 0));
    expect(errors).toHaveLength(1);
    store.want([at(0, 0)]);
    expect(server.asked).toHaveLength(1);
    expect(store.busy).toBe(false);
    store.retry();
    expect(server.asked).toHaveLength(2);
    await server.answer(at(0, 0));
    expect(store.has(at(0, 0))).toBe(true);
    store.retry();
    expect(server.asked).toHaveLength(2);
  });

  it('says how many events a tile will have at most', async () => {
    const server = new Server();
    const { store } = storeOn(server);
    store.want([at(4, 0)]);
    await server.answer(at(4, 0), 100, 77);
    store.want([at(3, 1)]);
    expect(server.asked.map(({ expected }) => expected)).toEqual([undefined, 77]);
  });
});

describe('requestTile', () => {
  const request = (expectedEvents: number | undefined): TileRequest => ({
    ...{ key: at(4, 2), originUs: 1_000_000, choice: { file: ['a b', 'c'], cat: '' }, expectedEvents },
  });
  const density = (events: number) => ({ events, names: [], lanes: [] });
  const events = (truncated: boolean) => ({ events: [], metadata: { truncated } });
  const ask =
    (log: string[], answers: (path: string) => unknown) =>
    (path: string): Promise<unknown> => {
      log.push(path);
      return Promise.resolve(answers(path));
    };
  const never = new AbortController().signal;
  const isDensity = (path: string): boolean => path.includes('/viz/density');

  it('asks for every event where few are expected', async () => {
    const log: string[] = [];
    const tile = await requestTile(
      request(500),
      ask(log, () => events(false)),
      never,
    );
    expect(tile.complete).toBe(true);
    expect(log).toEqual([
      'api/v1/viz/events?file=a+b&file=c&ts_normalize=0&begin=1016384&end=1024576&summary=1&overlap=1&metadata=none&limit=4001',
    ]);
  });

  it('asks for density and the long slices where there are many', async () => {
    const log: string[] = [];
    const tile = await requestTile(
      request(undefined),
      ask(log, (path) => (isDensity(path) ? density(1e6) : events(false))),
      never,
    );
    expect(tile).toMatchObject({ complete: false, events: 1e6 });
    expect(log[0]).toMatch(/density\?.*viewport_width=512$/);
    expect(log[1]).toMatch(/viz\/events\?.*summary=2&viewport_width=85&overlap=1/);
  });

  it('takes every event when there turn out to be few', async () => {
    const tile = await requestTile(
      request(undefined),
      ask([], (path) => (isDensity(path) ? density(9) : events(false))),
      never,
    );
    expect(tile).toMatchObject({ complete: true, events: 9 });
  });

  it('falls back to density when more came than expected', async () => {
    const answers = (path: string): unknown => (isDensity(path) ? density(1e6) : events(path.includes('summary=1')));
    expect(await requestTile(request(10), ask([], answers), never)).toMatchObject({ complete: false, cut: false });
  });
});
