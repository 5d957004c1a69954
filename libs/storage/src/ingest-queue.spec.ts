import { describe, expect, it } from '@jest/globals';
import { silent } from '@tracer/base';
import { INGEST_LIMITS, IngestQueue } from './ingest-queue.js';
import type { SpanBatch } from './span-store.js';
import { sketchSpan } from './testing/span-store.contract.js';

const batch = (spans: number): SpanBatch => ({ tenant: '0', spans: Array.from({ length: spans }, () => sketchSpan()) });

/** A store whose writes end when the test says so. */
class ManualStore {
  readonly calls: { readonly batches: readonly SpanBatch[]; readonly finish: (error?: Error) => void }[] = [];

  insert(batches: readonly SpanBatch[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.calls.push({
        batches,
        finish: (error) => {
          if (error) reject(error);
          else resolve();
        },
      });
    });
  }
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe('IngestQueue', () => {
  it('writes a lone batch at once and resolves when it is stored', async () => {
    const store = new ManualStore();
    const queue = new IngestQueue(store, silent);
    let stored = false;
    void queue.add(batch(3)).then(() => (stored = true));
    await settle();
    expect([store.calls.length, stored, queue.counts.queued]).toEqual([1, false, 3]);
    store.calls[0]?.finish();
    await settle();
    expect([stored, queue.counts]).toEqual([true, { queued: 0, stored: 3, refused: 0, failed: 0 }]);
  });

  it('gathers what arrives meanwhile into one transaction, bounded in size', async () => {
    const store = new ManualStore();
    const queue = new IngestQueue(store, silent, { ...INGEST_LIMITS, writers: 1, flushSpans: 5 });
    const added = [1, 2, 2, 2].map((spans) => queue.add(batch(spans)));
    await settle();
    for (let call = 0; call < 3; call++) {
      store.calls[call]?.finish();
      await settle();
    }
    await Promise.all(added);
    expect(store.calls.map(({ batches }) => batches.map(({ spans }) => spans.length))).toEqual([[1], [2, 2], [2]]);
  });

  it('refuses what does not fit, but never a batch on its own', async () => {
    const store = new ManualStore();
    const queue = new IngestQueue(store, silent, { ...INGEST_LIMITS, queuedSpans: 4 });
    const large = queue.add(batch(9));
    await expect(queue.add(batch(1))).rejects.toMatchObject({ code: 'NOT_READY' });
    store.calls[0]?.finish();
    await large;
    expect(queue.counts).toEqual({ queued: 0, stored: 9, refused: 1, failed: 0 });
  });

  it('tries a failed write again with the very same batches', async () => {
    const store = new ManualStore();
    const queue = new IngestQueue(store, silent);
    const added = queue.add(batch(1));
    await settle();
    store.calls[0]?.finish(new Error('connection lost'));
    while (store.calls.length < 2) await settle();
    expect(store.calls[1]?.batches).toBe(store.calls[0]?.batches);
    store.calls[1]?.finish();
    await added;
    expect(queue.counts.stored).toBe(1);
  });

  it('gives up after a while and says so to every sender of the flush', async () => {
    const store = new ManualStore();
    const queue = new IngestQueue(store, silent, { ...INGEST_LIMITS, retryMs: 0 });
    const added = queue.add(batch(2));
    await settle();
    store.calls[0]?.finish(new Error('disk full'));
    await expect(added).rejects.toThrow('disk full');
    expect(queue.counts).toEqual({ queued: 0, stored: 0, refused: 0, failed: 2 });
  });

  it('tells when everything is written', async () => {
    const store = new ManualStore();
    const queue = new IngestQueue(store, silent);
    await queue.drained();
    let drained = false;
    void queue.add(batch(1));
    void queue.drained().then(() => (drained = true));
    await settle();
    expect(drained).toBe(false);
    store.calls[0]?.finish();
    await settle();
    expect(drained).toBe(true);
  });
});
