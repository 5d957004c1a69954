import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DmEventType, DmJobState, type DmEvent, type StoredDmEvent } from '../dm/dm-event.js';
import type { DmEventPages, DmEventStore, DmRetention } from '../dm/dm-event-store.js';
import type { DmEventFilter, DmEventQuery } from '../dm/dm-query.js';
import { InMemoryDmEventStore } from '../dm/in-memory-dm-event-store.js';
import { anyDmEvent, dmArrivals, dmBinlog, dmJob, dmText } from './dm-events.js';

const NOW_US = 1_700_000_000_000_000;
const id = (number: number): string => `mysql-replica-01.syncer.test.${number}`;

async function eventsOf(pages: DmEventPages): Promise<StoredDmEvent[]> {
  const events: StoredDmEvent[] = [];
  for await (const page of pages) {
    expect(page.length).toBeGreaterThan(0);
    events.push(...page);
  }
  return events;
}

const traceIdOf = ({ event }: StoredDmEvent): string => event.base.traceId.toString();
const query = (more: Partial<DmEventQuery> = {}): DmEventQuery => ({ newestFirst: false, limit: 100, ...more });

/** Every implementation of DmEventStore runs this; `open` gives an empty one. */
export function dmEventStoreContract(name: string, open: () => Promise<DmEventStore>): void {
  describe(`${name} honours the contract of DmEventStore`, () => {
    let store: DmEventStore;
    beforeEach(async () => {
      store = await open();
    });
    const append = (...events: readonly DmEvent[]): Promise<void> => store.append(dmArrivals(...events), NOW_US);
    const scanned = async (offset: number, limit: number): Promise<string[]> =>
      (await eventsOf((await store.scan(offset, limit)).pages)).map(traceIdOf);
    const lines = (events: readonly StoredDmEvent[]): number[] => events.map(({ event }) => event.base.line);
    const found = async (more: Partial<DmEventQuery>): Promise<number[]> => lines(await store.search(query(more)));

    it('gives back everything that an event said', async () => {
      const bad = Buffer.from([0x61, 0x80, 0, 0xff]);
      const event = dmJob(bad, {
        base: { filename: bad, line: -1, tso: 2n ** 63n - 1n, groupId: bad, type: 99 },
        opType: -(2 ** 31),
        pos: { name: Buffer.alloc(0), pos: 0 },
        currentPos: { name: bad, pos: 2 ** 32 - 1 },
        sql: dmText("INSERT '\0☂'"),
        ddls: [Buffer.alloc(0), bad],
        argsChecksum: 2 ** 32 - 1,
        ddlInfo: { lockId: bad, exec: true },
        queueBucket: dmText('q_1'),
        state: -1,
      });
      await append(event);
      const [stored] = await eventsOf(store.trace(bad));
      expect(stored).toEqual({ event, seq: 1, trace: 1, receivedAtUs: NOW_US });
      expect(await eventsOf(store.trace(dmText('a\ufffd')))).toEqual([]);
    });

    it('keeps the events of a trace in the order in which they came, of either type', async () => {
      await append(
        dmBinlog('a', { base: { line: 1 } }),
        dmJob('b', { base: { line: 2 } }),
        dmJob('a', { base: { line: 3 } }),
      );
      await append(dmBinlog('a', { base: { line: 4 } }), dmBinlog('a', { base: { line: 4 } }));
      expect(lines(await eventsOf(store.trace(dmText('a'))))).toEqual([1, 3, 4, 4]);
      expect(await store.totals()).toMatchObject({ traces: 2, events: 5, lastSeq: 5 });
    });

    it('pages over traces in the order of first arrival', async () => {
      for (let number = 0; number < 15; number++) await append(dmJob(id(number)), dmJob(id(number)));
      const ids = Array.from({ length: 15 }, (_, number) => [id(number), id(number)]);
      for (const [offset, limit] of [
        [0, 0],
        [3, 5],
        [3, 20],
        [10, 10],
        [15, 10],
        [0, 2 ** 53 - 1],
        [99, 1],
      ] as const)
        expect(await scanned(offset, limit)).toEqual(ids.slice(offset, offset + limit).flat());
      expect((await store.scan(3, 1)).traces).toBe(15);
    });

    it('finds any page among thousands of traces, after deletions too', async () => {
      const count = 5_000;
      for (let from = 0; from < count; from += 1_000)
        await append(...Array.from({ length: 1_000 }, (_, at) => dmBinlog(id(from + at))));
      for (const offset of [0, 1, 1_023, 1_024, 2_500, count - 1, count])
        expect(await scanned(offset, 1)).toEqual(offset < count ? [id(offset)] : []);
      for (const gone of [0, 1_500, 4_999]) await store.delete(dmText(id(gone)));
      expect(await scanned(1_499, 2)).toEqual([id(1_501), id(1_502)]);
      expect([(await store.scan(0, 0)).traces, await scanned(4_996, 9)]).toEqual([count - 3, [id(4_998)]]);
    });

    it('puts a trace that comes again after its deletion at the end', async () => {
      await append(dmBinlog('a'), dmBinlog('b'), dmBinlog('c'));
      expect([await store.delete(dmText('a')), await store.delete(dmText('a'))]).toEqual([true, false]);
      await append(dmBinlog('a'));
      expect(await scanned(0, 10)).toEqual(['b', 'c', 'a']);
      expect(await store.totals()).toMatchObject({ traces: 3, events: 3 });
    });

    it('keeps events without a trace id together', async () => {
      await append(dmBinlog(''), dmBinlog('x'), dmJob(''));
      expect(await scanned(0, 1)).toEqual(['', '']);
    });

    it('reads a trace of very many or very large events', async () => {
      const many = Array.from({ length: 3_000 }, (_, line) => dmJob('many', { base: { line } }));
      const large = Array.from({ length: 6 }, (_, line) =>
        dmJob('large', { base: { line }, sql: Buffer.alloc(3 << 20, 'x') }),
      );
      await append(...many, ...large);
      expect(lines(await eventsOf(store.trace(dmText('many'))))).toEqual(many.map(({ base }) => base.line));
      expect(lines(await eventsOf((await store.scan(1, 1)).pages))).toEqual([0, 1, 2, 3, 4, 5]);
    });

    it('empties itself, and numbers go on', async () => {
      await append(dmBinlog('a'), dmBinlog('b'));
      await store.truncate();
      expect(await store.totals()).toMatchObject({ traces: 0, events: 0, bytes: 0, lastSeq: 2 });
      await append(dmBinlog('b'));
      expect(await eventsOf(store.trace(dmText('b')))).toMatchObject([{ seq: 3, trace: 3 }]);
      expect((await store.scan(0, 1)).traces).toBe(1);
    });

    it('stores the same upload once, however often it is tried', async () => {
      const arrivals = dmArrivals(dmBinlog('a'));
      await store.append(arrivals, NOW_US);
      await store.append(arrivals, NOW_US);
      expect((await store.totals()).events).toBe(1);
    });

    it('finds events by what they are', async () => {
      const at = (line: number, more: object = {}): { line: number } => ({ line, ...more });
      const place = (name: string, pos: number): { name: Buffer; pos: number } => ({ name: dmText(name), pos });
      await append(
        dmBinlog('m1.syncer.t1.1', {
          base: at(1, { tso: 10n }),
          opType: 2,
          state: { safeMode: true, tryReSync: false, currentPos: place('f.1', 5) },
        }),
        dmJob('m1.syncer.t1.1', {
          base: at(2, { tso: 20n }),
          opType: 2,
          currentPos: place('f.2', 1),
          sql: dmText('UPDATE `t`'),
        }),
        dmJob('m2.syncer.t1.1', {
          base: at(3, { tso: 20n, groupId: dmText('lock.1') }),
          opType: 4,
          state: DmJobState.error,
          ddls: [dmText('ALTER TABLE t')],
          pos: place('f.10', 0),
        }),
        dmJob('.1', { base: at(4, { tso: -5n }), opType: 7 }),
        dmJob('m.syncer.2.syncer.t.2.3', { base: at(5, { tso: 30n }), opType: 1, state: 9 }),
      );
      const cases: readonly [DmEventFilter, number[]][] = [
        [{}, [4, 1, 2, 3, 5]],
        [{ fromTso: 10n, toTso: 30n }, [1, 2, 3]],
        [{ source: 'm1' }, [1, 2]],
        [{ task: 't1' }, [1, 2, 3]],
        [{ source: 'm2', task: 't1' }, [3]],
        [{ source: 'm', task: '2.syncer.t.2' }, [5]],
        [{ source: 'nobody' }, []],
        [{ type: DmEventType.binlog }, [1]],
        [{ opType: 2 }, [1, 2]],
        [{ jobState: DmJobState.error }, [3]],
        [{ jobState: DmJobState.queued }, [4, 2]],
        [{ groupId: dmText('lock.1') }, [3]],
        [{ groupId: Buffer.alloc(0), opType: 7 }, [4]],
        [{ fromPosition: place('f.1', 5) }, [1, 2, 3]],
        [{ fromPosition: place('f.1', 6), toPosition: place('f.2', 1) }, [2, 3]],
        [{ sql: dmText('TABLE') }, [3]],
        [{ sql: dmText('`t`') }, [2]],
        [{ sql: dmText('syncer') }, []],
        [{ source: 'm1', type: DmEventType.job, sql: dmText('UPDATE'), fromTso: 20n }, [2]],
      ];
      for (const [filter, expected] of cases) expect([filter, await found(filter)]).toEqual([filter, expected]);
      expect(await found({ newestFirst: true })).toEqual([5, 3, 2, 1, 4]);
    });

    it('pages through a search without gaps or repeats', async () => {
      const events = Array.from({ length: 50 }, (_, line) =>
        dmJob(id(line % 7), { base: { line, tso: BigInt(line % 5) }, sql: dmText(line % 3 === 0 ? 'yes' : 'no') }),
      );
      await append(...events);
      for (const newestFirst of [false, true]) {
        const seen: number[] = [];
        for (let after: DmEventQuery['after']; ;) {
          const page = await store.search(
            query({ newestFirst, limit: 4, sql: dmText('yes'), ...(after && { after }) }),
          );
          seen.push(...lines(page));
          const last = page.at(-1);
          if (last === undefined) break;
          after = { tso: last.event.base.tso, seq: last.seq };
        }
        expect(seen).toEqual(lines(await store.search(query({ newestFirst, sql: dmText('yes') }))));
        expect(seen).toHaveLength(17);
      }
    });

    it('follows what comes', async () => {
      expect(await store.tail(0, {}, 10)).toEqual({ events: [], upTo: 0 });
      await append(...[1, 2, 3, 4, 5].map((line) => dmJob('a', { base: { line }, opType: line % 2 })));
      const first = await store.tail(0, { opType: 1 }, 2);
      expect([lines(first.events), first.upTo]).toEqual([[1, 3], 3]);
      const second = await store.tail(first.upTo, { opType: 1 }, 2);
      expect([lines(second.events), second.upTo]).toEqual([[5], 5]);
      expect(await store.tail(5, {}, 2)).toEqual({ events: [], upTo: 5 });
      await append(dmJob('a', { opType: 0 }));
      expect(await store.tail(5, { opType: 1 }, 2)).toEqual({ events: [], upTo: 6 });
    });

    it('lists traces newest first, and those with jobs that are not done', async () => {
      const done = { state: DmJobState.success };
      await append(
        dmBinlog('m.syncer.t.1'),
        dmJob('m.syncer.t.1', { sql: dmText('a') }),
        dmJob('m.syncer.t.2'),
        dmJob('m.syncer.u.3'),
        dmJob('m.syncer.u.3', done),
        dmJob('.1', { opType: 7 }),
        dmJob('n.syncer.t.5'),
        dmJob('n.syncer.t.5', { state: DmJobState.error }),
      );
      const ids = async (more: object): Promise<string[]> =>
        (await store.traces({ unfinished: false, limit: 10, ...more })).map(({ traceId }) => traceId.toString());
      expect(await ids({})).toEqual(['n.syncer.t.5', '.1', 'm.syncer.u.3', 'm.syncer.t.2', 'm.syncer.t.1']);
      expect(await ids({ unfinished: true })).toEqual(['m.syncer.t.2', 'm.syncer.t.1']);
      expect(await ids({ source: 'm', limit: 1 })).toEqual(['m.syncer.u.3']);
      expect(await ids({ task: 't' })).toEqual(['n.syncer.t.5', 'm.syncer.t.2', 'm.syncer.t.1']);
      const [, last] = await store.traces({ unfinished: true, limit: 2 });
      expect(last).toMatchObject({ trace: 1, eventsLeft: 0, events: [{ seq: 1 }, { seq: 2 }] });
      expect(await ids({ before: 3 })).toEqual(['m.syncer.t.2', 'm.syncer.t.1']);
    });

    it('gives the first events of a long trace and counts the rest', async () => {
      await append(...Array.from({ length: 612 }, (_, line) => dmJob('long', { base: { line } })));
      const [trace] = await store.traces({ unfinished: false, limit: 1 });
      expect([trace?.events.length, trace?.eventsLeft, trace?.events.at(-1)?.seq]).toEqual([500, 112, 500]);
      const [whole] = await store.traces({ unfinished: false, limit: 1, events: 1_000 });
      expect([whole?.events.length, whole?.eventsLeft]).toEqual([612, 0]);
    });

    it('evicts the oldest by count, bytes and age, and says what went', async () => {
      const arrivals = dmArrivals(
        ...[1, 2, 3, 4].map((line) => dmJob(line < 3 ? 'a' : `b${line}`, { base: { line } })),
      );
      for (const [index, arrival] of arrivals.entries()) await store.append([arrival], NOW_US + index * 1_000);
      const size = arrivals[0]?.wire.length ?? 0;
      expect(await store.evict({ events: 4, bytes: 10_000, ageMs: 100 }, NOW_US)).toEqual({
        traces: 0,
        events: 0,
        bytes: 0,
      });
      expect(await store.evict({ events: 3 }, NOW_US)).toEqual({ traces: 0, events: 1, bytes: size });
      expect(lines(await eventsOf(store.trace(dmText('a'))))).toEqual([2]);
      expect(await store.evict({ ageMs: 1 }, NOW_US + 2_500)).toMatchObject({ traces: 1, events: 1 });
      expect(await scanned(0, 9)).toEqual(['b3', 'b4']);
      const { bytes } = await store.totals();
      expect(await store.evict({ bytes: bytes - 1 }, NOW_US)).toMatchObject({ traces: 1, events: 1 });
      expect(await store.totals()).toMatchObject({ traces: 1, events: 1, evicted: { traces: 2, events: 3 } });
      expect(await store.evict({ events: 0 }, NOW_US)).toMatchObject({ traces: 1, events: 1 });
      expect(await scanned(0, 9)).toEqual([]);
    });

    it('behaves like the obvious implementation, whatever is done to it', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 25 }), async (steps) => {
          await store.truncate();
          const [offsetSeq, twin] = [(await store.totals()).lastSeq, new InMemoryDmEventStore()];
          for (const step of steps) {
            const [actual, expected] = [await step(store, offsetSeq), await step(twin, 0)];
            expect(actual).toEqual(expected);
          }
          expect(await contents(store)).toEqual(await contents(twin));
        }),
        { numRuns: 40 },
      );
    }, 60_000);
  });
}

/** Does something to a store and says what it answered, without numbers that depend on its past. */
type Step = (store: DmEventStore, lastSeqAtStart: number) => Promise<unknown>;

const fewIds = fc.constantFrom('', 'a', 'b', 'c.syncer.t.1', 'c.syncer.t.2').map(dmText);
const events = fc.array(
  fc
    .tuple(anyDmEvent, fewIds, fc.bigInt({ min: -2n, max: 2n }))
    .map(([event, traceId, tso]): DmEvent => ({ ...event, base: { ...event.base, traceId, tso } })),
  { maxLength: 6 },
);
const retention: fc.Arbitrary<DmRetention> = fc.oneof(
  fc.nat(20).map((count) => ({ events: count })),
  fc.nat(600).map((bytes) => ({ bytes })),
);
const plain = (stored: readonly StoredDmEvent[]): DmEvent[] => stored.map(({ event }) => event);

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: events.map(
      (list): Step =>
        (store) =>
          store.append(dmArrivals(...list), NOW_US),
    ),
  },
  fewIds.map(
    (traceId): Step =>
      (store) =>
        store.delete(traceId),
  ),
  retention.map(
    (limits): Step =>
      (store) =>
        store.evict(limits, NOW_US),
  ),
  fc.tuple(fc.nat(8), fc.nat(8)).map(([offset, limit]): Step => async (store) => {
    const { traces, pages } = await store.scan(offset, limit);
    return [traces, plain(await eventsOf(pages))];
  }),
  fc.tuple(fc.boolean(), fc.nat(5)).map(
    ([newestFirst, limit]): Step =>
      async (store) =>
        plain(await store.search({ newestFirst, limit: limit + 1, fromTso: -1n })),
  ),
  fc.nat(30).map(
    (seq): Step =>
      async (store, start) =>
        plain((await store.tail(start + seq, {}, 3)).events),
  ),
);

async function contents(store: DmEventStore): Promise<unknown> {
  const { traces, events: count, bytes } = await store.totals();
  const { pages } = await store.scan(0, 1_000);
  return [traces, count, bytes, plain(await eventsOf(pages)), plain(await store.search(query()))];
}
