import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { silent } from '@tracer/base';
import { DmEventQueue, InMemoryDmEventStore, type DmEvent } from '@tracer/storage';
import { dmArrivals, dmBinlog } from '../../../../../libs/storage/src/testing/dm-events.js';
import { DmIngest } from '../dm-ingest.js';
import { DmFollowers, type DmNews } from './dm-followers.js';

const LIMITS = { followers: 2, pollMs: 30 };

function open(): {
  followers: DmFollowers;
  store: InMemoryDmEventStore;
  take: (...events: DmEvent[]) => Promise<void>;
} {
  const store = new InMemoryDmEventStore();
  const ingest = new DmIngest(new DmEventQueue(store, silent, () => 1));
  return {
    followers: new DmFollowers(store, ingest, LIMITS),
    store,
    take: (...events) => ingest.take(dmArrivals(...events)),
  };
}

const event = (line: number): DmEvent => dmBinlog('a', { base: { line } });
const linesOf = ({ events }: DmNews): number[] => events.map((stored) => stored.event.base.line);

/** The next news with events. */
async function next(news: AsyncGenerator<DmNews>): Promise<number[]> {
  for (;;) {
    const { value, done } = await news.next();
    if (done === true) return [];
    if (value.events.length > 0) return linesOf(value);
  }
}

describe('DmFollowers', () => {
  it('gives what comes from now on, or from a place on', async () => {
    const { followers, take } = open();
    await take(event(1), event(2));
    const late = followers.follow({}, undefined, new AbortController().signal);
    const resumed = followers.follow({}, 1, new AbortController().signal);
    expect(await next(resumed)).toEqual([2]);
    const coming = next(late);
    await sleep(5);
    await take(event(3));
    expect([await coming, await next(resumed)]).toEqual([[3], [3]]);
    await late.return(undefined);
    await resumed.return(undefined);
    expect(followers.count).toBe(0);
  });

  it('sees what another process stored, a little later', async () => {
    const { followers, store } = open();
    const coming = next(followers.follow({}, 0, new AbortController().signal));
    await sleep(5);
    await store.append(dmArrivals(event(7)), 1);
    expect(await coming).toEqual([7]);
  });

  it('loses nothing for a reader that is slow', async () => {
    const { followers, take } = open();
    const news = followers.follow({}, 0, new AbortController().signal);
    const seen: number[] = [];
    for (let round = 0; round < 5; round++) {
      await take(...Array.from({ length: 150 }, (_, index) => event(round * 150 + index)));
      if (round % 2 === 0) seen.push(...(await next(news)));
    }
    while (seen.length < 750) seen.push(...(await next(news)));
    expect(seen).toEqual(Array.from({ length: 750 }, (_, line) => line));
  });

  it('refuses more than it may have, and has room again when one leaves', async () => {
    const { followers } = open();
    const leave = new AbortController();
    const first = followers.follow({}, 0, leave.signal);
    const second = followers.follow({}, 0, new AbortController().signal);
    await Promise.all([first.next(), second.next()]);
    await expect(followers.follow({}, 0, leave.signal).next()).rejects.toMatchObject({ code: 'TOO_MANY' });
    const ending = first.next();
    leave.abort();
    expect(await ending).toMatchObject({ done: true });
    expect(followers.count).toBe(1);
  });

  it('ends with the service', async () => {
    const { followers } = open();
    const news = followers.follow({}, 0, new AbortController().signal);
    await news.next();
    const ending = news.next();
    followers.beforeApplicationShutdown();
    expect(await ending).toMatchObject({ done: true });
  });
});
