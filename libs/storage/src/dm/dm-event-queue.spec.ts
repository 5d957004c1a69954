import { describe, expect, it } from '@jest/globals';
import { silent } from '@tracer/base';
import { dmArrivals, dmBinlog, dmJob } from '../testing/dm-events.js';
import type { DmArrival } from './dm-event.js';
import { DM_QUEUE_LIMITS, DmEventQueue } from './dm-event-queue.js';

/** A store whose writes end when the test says so. */
class ManualStore {
  readonly calls: { readonly arrivals: readonly DmArrival[]; readonly finish: (error?: Error) => void }[] = [];

  append(arrivals: readonly DmArrival[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.calls.push({
        arrivals,
        finish: (error) => {
          if (error) reject(error);
          else resolve();
        },
      });
    });
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
const open = (limits = {}): { store: ManualStore; queue: DmEventQueue } => {
  const store = new ManualStore();
  return { store, queue: new DmEventQueue(store, silent, () => 1, { ...DM_QUEUE_LIMITS, ...limits }) };
};
const upload = (...lines: readonly number[]): DmArrival[] =>
  dmArrivals(...lines.map((line) => dmBinlog('a', { base: { line } })));
const linesOf = (arrivals: readonly DmArrival[]): number[] => arrivals.map(({ event }) => event.base.line);

describe('DmEventQueue', () => {
  it('writes a lone upload at once, and those that come meanwhile together, in their order', async () => {
    const { store, queue } = open();
    const stored: number[] = [];
    for (const line of [1, 2, 3]) void queue.add(upload(line, line)).then(() => stored.push(line));
    await settle();
    expect([store.calls.length, queue.counts.queued]).toEqual([1, 6]);
    store.calls[0]?.finish();
    await settle();
    expect(store.calls.map(({ arrivals }) => linesOf(arrivals))).toEqual([
      [1, 1],
      [2, 2, 3, 3],
    ]);
    expect(stored).toEqual([1]);
    store.calls[1]?.finish();
    await queue.drained();
    expect([stored, queue.counts]).toEqual([[1, 2, 3], { queued: 0, stored: 6, refused: 0, failed: 0 }]);
  });

  it('bounds a transaction, but takes a larger upload alone', async () => {
    const size = upload(1)[0]?.wire.length ?? 0;
    const { store, queue } = open({ flushBytes: 2 * size });
    for (const lines of [[1], [2, 2, 2], [3], [4], [5]]) void queue.add(upload(...lines));
    for (let call = 0; call < 5; call++) {
      await settle();
      store.calls[call]?.finish();
    }
    await queue.drained();
    expect(store.calls.map(({ arrivals }) => linesOf(arrivals))).toEqual([[1], [2, 2, 2], [3, 4], [5]]);
  });

  it('refuses what does not fit, but never an upload on its own', async () => {
    const { store, queue } = open({ queuedBytes: 10 });
    const large = queue.add(dmArrivals(dmJob('a', { sql: Buffer.alloc(100) })));
    await expect(queue.add(upload(1))).rejects.toMatchObject({ code: 'NOT_READY' });
    store.calls[0]?.finish();
    await large;
    expect(queue.counts).toEqual({ queued: 0, stored: 1, refused: 1, failed: 0 });
  });

  it('tries a failed write again with the very same events', async () => {
    const { store, queue } = open();
    const added = queue.add(upload(1));
    await settle();
    store.calls[0]?.finish(new Error('connection lost'));
    while (store.calls.length < 2) await settle();
    expect(store.calls[1]?.arrivals).toBe(store.calls[0]?.arrivals);
    store.calls[1]?.finish();
    await added;
  });

  it('gives up after a while, says so to every sender, and goes on with the next', async () => {
    const { store, queue } = open({ retryMs: 0 });
    const first = queue.add(upload(1));
    const second = queue.add(upload(2));
    await settle();
    store.calls[0]?.finish(new Error('disk full'));
    await expect(first).rejects.toMatchObject({ code: 'NOT_READY', cause: { message: 'disk full' } });
    await settle();
    store.calls[1]?.finish();
    await second;
    expect(queue.counts).toEqual({ queued: 0, stored: 1, refused: 0, failed: 1 });
  });

  it('has nothing to do for an upload without events', async () => {
    const { store, queue } = open();
    await queue.add([]);
    expect(store.calls).toHaveLength(0);
  });
});
