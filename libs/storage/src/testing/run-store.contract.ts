import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { InMemoryRunStore } from '../runs/in-memory-run-store.js';
import { runDurationUs, stepDurationsUs, type FinishedRun, type RunKey } from '../runs/run.js';
import type { RunStore } from '../runs/run-store.js';

const T0 = 1_700_000_000_000_000;
const SECOND = 1_000_000;
const MOST_STEPS = 60;

async function finishedOf(store: RunStore, tag: string): Promise<FinishedRun[]> {
  const runs: FinishedRun[] = [];
  for await (const page of store.finished(tag)) {
    expect(page.length).toBeGreaterThan(0);
    runs.push(...page);
  }
  return runs;
}

/** Every implementation of RunStore runs this; `open` gives an empty one whose runs have so many steps at most. */
export function runStoreContract(name: string, open: (mostSteps: number) => Promise<RunStore>): void {
  describe(`${name} honours the contract of RunStore`, () => {
    let store: RunStore;
    beforeEach(async () => {
      store = await open(MOST_STEPS);
    });
    const run = (tag: string, id: string | null = null): RunKey => ({ tag, id });
    /** Starts and finishes a run that lasts a second. */
    async function complete(tag: string, id: string | null, atUs: number): Promise<void> {
      await store.start(run(tag, id), atUs);
      await store.finish(run(tag, id), atUs + SECOND);
    }
    const ids = (runs: readonly FinishedRun[]): (string | null)[] => runs.map(({ id }) => id);

    it('keeps a run from start to end', async () => {
      const key = run('my-feature', 'a');
      expect(await store.start(key, T0)).toBe(T0);
      expect(await store.step(key, 'step-1', true, T0 + 10)).toEqual({ atUs: T0 + 10, durationUs: 10 });
      expect(await store.step(key, 'wait', false, T0 + 110)).toEqual({ atUs: T0 + 110, durationUs: 100 });
      const finished = await store.finish(key, T0 + 115, { step: { name: 'last', tracked: true } });
      expect(finished).toEqual({
        ...key,
        seq: expect.any(Number),
        startUs: T0,
        endUs: T0 + 115,
        steps: [
          { name: 'step-1', atUs: T0 + 10, tracked: true },
          { name: 'wait', atUs: T0 + 110, tracked: false },
          { name: 'last', atUs: T0 + 115, tracked: true },
        ],
      });
      expect(await finishedOf(store, 'my-feature')).toEqual([finished]);
      expect(finished && [stepDurationsUs(finished), runDurationUs(finished)]).toEqual([[10, 100, 5], 15]);
      for (const again of [store.step(key, 'x', true, T0), store.finish(key, T0)]) expect(await again).toBeUndefined();
    });

    it('knows nothing of runs that were not started', async () => {
      expect(await store.step(run('a'), 'x', true, T0)).toBeUndefined();
      expect(await store.finish(run('a'), T0)).toBeUndefined();
      expect(await store.finish(run('a'), T0, { step: { name: 'x', tracked: true } })).toBeUndefined();
      expect([await finishedOf(store, 'a'), await store.tags()]).toEqual([[], []]);
      await store.delete('a');
    });

    it('forgets a live run when its key starts again', async () => {
      await store.start(run('a'), T0);
      await store.step(run('a'), 'lost', true, T0 + 1);
      await store.start(run('a'), T0 + 5);
      expect(await store.finish(run('a'), T0 + 9)).toMatchObject({ startUs: T0 + 5, endUs: T0 + 9, steps: [] });
      expect(await finishedOf(store, 'a')).toHaveLength(1);
    });

    it('takes null and an empty id for one run, known by the id it was finished with', async () => {
      await store.start(run('a', ''), T0);
      expect(await store.finish(run('a', null), T0)).toMatchObject({ id: null });
      await store.start(run('a', null), T0);
      expect(await store.step(run('a', ''), 's', true, T0)).toBeDefined();
      expect(await store.finish(run('a', ''), T0)).toMatchObject({ id: '' });
      expect(ids(await finishedOf(store, 'a'))).toEqual([null, '']);
    });

    it('never takes two keys for one', async () => {
      const keys = [
        run('a:b'),
        run('a', 'b'),
        run('a', 'b:default'),
        run('a:b', 'default'),
        run('A', 'b'),
        run('', ''),
      ];
      for (const key of keys) await store.start(key, T0);
      for (const [index, key] of keys.entries())
        expect(await store.step(key, String(index), true, T0)).toMatchObject({ durationUs: 0 });
      for (const [index, key] of keys.entries())
        expect((await store.finish(key, T0))?.steps).toMatchObject([{ name: String(index) }]);
    });

    it('never lets time run backwards within a run', async () => {
      await store.start(run('a'), T0);
      expect(await store.step(run('a'), 'x', true, T0 - 500)).toEqual({ atUs: T0, durationUs: 0 });
      expect(await store.step(run('a'), 'y', true, T0 + 7)).toEqual({ atUs: T0 + 7, durationUs: 7 });
      expect(await store.finish(run('a'), T0 + 3)).toMatchObject({ endUs: T0 + 7 });
    });

    it('takes a given end as it is, in the far future or the past', async () => {
      for (const endUs of [T0 + 10 ** 15, T0 - 5]) {
        await store.start(run('a'), T0);
        expect(await store.finish(run('a'), T0 + 1, { endUs })).toMatchObject({ startUs: T0, endUs });
      }
    });

    it('keeps any text as it is', async () => {
      const text = 'a\0b ☂ 😀 \n \ufffd \u2028 %_\\\'"';
      await store.start(run(text, text), T0);
      await store.step(run(text, text), text, true, T0);
      expect(await store.live(text, 1)).toMatchObject([{ tag: text, id: text, lastStep: text }]);
      await store.finish(run(text, text), T0);
      expect(await finishedOf(store, text)).toMatchObject([{ tag: text, id: text, steps: [{ name: text }] }]);
      expect(await store.tags()).toEqual([text]);
    });

    it('bounds the steps of a run', async () => {
      await store.start(run('a'), T0);
      const last = { step: { name: 'last', tracked: true } };
      await Promise.all(Array.from({ length: MOST_STEPS }, () => store.step(run('a'), 's', true, T0)));
      await expect(store.step(run('a'), 's', true, T0)).rejects.toMatchObject({ code: 'TOO_MANY' });
      await expect(store.finish(run('a'), T0, last)).rejects.toMatchObject({ code: 'TOO_MANY' });
      expect((await store.finish(run('a'), T0))?.steps).toHaveLength(MOST_STEPS);
    });

    it('lists runs in the order of finish, and tags in that of their first one', async () => {
      await store.start(run('b', '1'), T0);
      await store.start(run('a', '1'), T0);
      await store.start(run('a', '2'), T0);
      for (const key of [run('a', '2'), run('b', '1'), run('a', '1')]) await store.finish(key, T0 + 1);
      expect(ids(await finishedOf(store, 'a'))).toEqual(['2', '1']);
      expect(await store.tags()).toEqual(['a', 'b']);
      await store.delete('a');
      expect([await store.tags(), await finishedOf(store, 'a')]).toEqual([['b'], []]);
      await complete('a', '3', T0);
      expect(await store.tags()).toEqual(['b', 'a']);
    });

    it('deletes finished runs only', async () => {
      await complete('a', 'done', T0);
      await store.start(run('a', 'live'), T0);
      await store.delete('a');
      await store.delete('a');
      expect(await finishedOf(store, 'a')).toEqual([]);
      expect(await store.finish(run('a', 'live'), T0)).toBeDefined();
    });

    it('adds runs that clients timed', async () => {
      const steps = [{ name: 's', atUs: T0 + 3, tracked: true }];
      const runs = [
        { ...run('b', '1'), startUs: T0, endUs: T0 + 5, steps },
        { ...run('a', null), startUs: T0, endUs: T0 + 5, steps: [] },
        { ...run('b', '2'), startUs: T0, endUs: T0 + 5, steps },
      ];
      await store.add(runs, T0 + 9);
      await store.add([], T0 + 9);
      const [first, second] = await finishedOf(store, 'b');
      expect([first, second].map(withoutSeq)).toEqual([runs[0], runs[2]].map((one) => ({ ...one, seq: 0 })));
      expect([await store.tags(), (first?.seq ?? 0) < (second?.seq ?? 0)]).toEqual([['b', 'a'], true]);
    });

    it('selects by id, time and number', async () => {
      for (let index = 0; index < 8; index++) await complete('a', `build-${index % 2}-${index}`, T0 + index * SECOND);
      await complete('a', null, T0 + 20 * SECOND);
      const select = async (more: object): Promise<(string | null)[]> =>
        ids(await store.select('a', { limit: 100, ...more }));
      expect(await select({ idPrefix: 'build-1' })).toEqual(['build-1-1', 'build-1-3', 'build-1-5', 'build-1-7']);
      expect(await select({ idPrefix: 'build-1', limit: 2 })).toEqual(['build-1-5', 'build-1-7']);
      expect(await select({ fromUs: T0 + 2 * SECOND, toUs: T0 + 4 * SECOND })).toEqual(['build-1-1', 'build-0-2']);
      expect(await select({ idPrefix: '', limit: 2 })).toEqual(['build-1-7', null]);
      expect(await select({ idPrefix: '%' })).toEqual([]);
      expect(await store.select('b', { limit: 1 })).toEqual([]);
    });

    it('pages through the runs of a tag, and finds each by its number', async () => {
      for (let index = 0; index < 5; index++) await complete(index === 2 ? 'b' : 'a', String(index), T0 + index);
      const pages: (string | null)[][] = [];
      for (let beforeSeq: number | undefined; ;) {
        const page = await store.select('a', { limit: 3, ...(beforeSeq !== undefined && { beforeSeq }) });
        if (page.length === 0) break;
        pages.push(ids(page));
        beforeSeq = page[0]?.seq;
      }
      expect(pages).toEqual([['1', '3', '4'], ['0']]);
      for (const finished of await finishedOf(store, 'a')) expect(await store.run(finished.seq)).toEqual(finished);
      const [gone] = await finishedOf(store, 'b');
      await store.delete('b');
      expect([await store.run(gone?.seq ?? 0), await store.run(Number.MAX_SAFE_INTEGER)]).toEqual([
        undefined,
        undefined,
      ]);
    });

    it('shows tags with their figures, the newest in front', async () => {
      for (const [index, tag] of ['one', 'two%', 'one', 'Two'].entries())
        await complete(tag, null, T0 + index * SECOND);
      await store.start(run('one', 'running'), T0);
      await store.start(run('none finished'), T0);
      const all = await store.tagFigures({ limit: 9 });
      expect(all.map(({ tag, runs, live, lastEndUs }) => [tag, runs, live, lastEndUs])).toEqual([
        ['Two', 1, 0, T0 + 4 * SECOND],
        ['two%', 1, 0, T0 + 2 * SECOND],
        ['one', 2, 1, T0 + 3 * SECOND],
      ]);
      const tags = async (more: object): Promise<string[]> =>
        (await store.tagFigures({ limit: 9, ...more })).map(({ tag }) => tag);
      expect(await tags({ limit: 2 })).toEqual(['Two', 'two%']);
      expect(await tags({ beforePlace: all[1]?.place })).toEqual(['one']);
      expect(await tags({ contains: 'wo' })).toEqual(['Two', 'two%']);
      expect(await tags({ contains: '%' })).toEqual(['two%']);
    });

    it('shows what is live', async () => {
      await store.start(run('a', '2'), T0 + 1);
      await store.start(run('a', '1'), T0);
      await store.start(run('b', '1'), T0);
      await store.step(run('a', '1'), 'x', true, T0 + 5);
      expect(await store.live('a', 10)).toEqual([
        { tag: 'a', id: '1', startUs: T0, lastUs: T0 + 5, steps: 1, lastStep: 'x' },
        { tag: 'a', id: '2', startUs: T0 + 1, lastUs: T0 + 1, steps: 0 },
      ]);
      expect(await store.live('a', 1)).toHaveLength(1);
      const newest = (await store.newestLive(10)).map(({ tag, id }) => `${tag}/${id ?? ''}`);
      expect([newest[0], newest.slice(1).sort()]).toEqual(['a/2', ['a/1', 'b/1']]);
      expect(await store.newestLive(1)).toEqual([{ tag: 'a', id: '2', startUs: T0 + 1, lastUs: T0 + 1, steps: 0 }]);
    });

    it('forgets what is idle, old or too much, and counts it', async () => {
      for (let index = 0; index < 5; index++) await store.start(run('live', String(index)), T0 + index);
      await store.step(run('live', '1'), 's', true, T0 + 3 * SECOND);
      expect(await store.expire({ live: 4 }, T0)).toEqual({ live: 1, finished: 0 });
      expect(await store.expire({ idleMs: 1_000 }, T0 + 2 * SECOND)).toEqual({ live: 3, finished: 0 });
      expect((await store.live('live', 9)).map(({ id }) => id)).toEqual(['1']);
      for (let index = 0; index < 4; index++) await complete(`t${index}`, null, T0 + index * SECOND);
      expect(await store.expire({ finished: 3 }, T0)).toEqual({ live: 0, finished: 1 });
      expect(await store.expire({ ageMs: 500 }, T0 + 3 * SECOND + 1)).toEqual({ live: 0, finished: 1 });
      expect(await store.tags()).toEqual(['t2', 't3']);
      expect(await store.totals()).toEqual({ live: 1, finished: 2, tags: 2, expired: { live: 4, finished: 2 } });
      expect(await store.expire({ live: 0, finished: 0 }, T0)).toEqual({ live: 1, finished: 2 });
      expect(await store.expire({}, T0 + 10 ** 15)).toEqual({ live: 0, finished: 0 });
    });

    it('behaves like the obvious implementation, whatever is done to it', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 30 }), async (steps) => {
          await store.expire({ live: 0, finished: 0 }, T0);
          const twin = new InMemoryRunStore();
          for (const [index, step] of steps.entries()) {
            const nowUs = T0 + index * 10;
            expect(await step(store, nowUs)).toEqual(await step(twin, nowUs));
          }
          expect(await contents(store)).toEqual(await contents(twin));
        }),
        { numRuns: 40 },
      );
    }, 60_000);
  });
}

/** Does something to a store and says what it answered, without numbers that depend on its past. */
type Step = (store: RunStore, nowUs: number) => Promise<unknown>;

const anyKey = fc.record({ tag: fc.constantFrom('a', 'b'), id: fc.constantFrom(null, '', 'x') });
const withoutSeq = (run: FinishedRun | undefined): unknown => run && { ...run, seq: 0 };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: anyKey.map(
      (key): Step =>
        (store, nowUs) =>
          store.start(key, nowUs),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(anyKey, fc.boolean(), fc.integer({ min: -30, max: 5 })).map(
      ([key, tracked, lateUs]): Step =>
        (store, nowUs) =>
          store.step(key, 's', tracked, nowUs + lateUs),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(anyKey, fc.boolean()).map(
      ([key, withStep]): Step =>
        async (store, nowUs) =>
          withoutSeq(await store.finish(key, nowUs, withStep ? { step: { name: 'end', tracked: true } } : {})),
    ),
  },
  fc.constantFrom('a', 'b').map(
    (tag): Step =>
      (store) =>
        store.delete(tag),
  ),
  fc.nat(3).map(
    (live): Step =>
      (store, nowUs) =>
        store.expire({ live }, nowUs),
  ),
  fc.nat(3).map(
    (finished): Step =>
      (store, nowUs) =>
        store.expire({ finished }, nowUs),
  ),
);

async function contents(store: RunStore): Promise<unknown> {
  const { live, finished, tags } = await store.totals();
  const runs = await Promise.all(
    ['a', 'b'].map(async (tag) => [await store.live(tag, 9), (await finishedOf(store, tag)).map(withoutSeq)]),
  );
  return [live, finished, tags, await store.tags(), runs];
}
