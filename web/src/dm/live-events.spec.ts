import { describe, expect, it } from '@jest/globals';
import { LiveEvents } from './live-events.js';

const lines = (...seqs: readonly number[]): string[] =>
  seqs.flatMap((seq) => [`id: ${seq}`, `data: {"seq":${seq},"traceId":"t"}`]);
const seqs = (live: LiveEvents): number[] => live.view.events.map(({ seq }) => seq);

describe('a live list', () => {
  it('shows the newest first and knows where to go on', () => {
    const live = new LiveEvents();
    expect(live.lastSeq).toBeUndefined();
    live.take(['retry: 2000', ...lines(7, 8)]);
    live.take(lines(9));
    // A silent stream says how far it is.
    live.take(['id: 30']);
    expect(seqs(live)).toEqual([9, 8, 7]);
    expect(live.view).toMatchObject({ received: 3, waiting: 0, unseen: 0 });
    expect(live.lastSeq).toBe(30);
  });

  it('keeps still while it is held, and shows what waited when it goes on', () => {
    const live = new LiveEvents();
    live.take(lines(1));
    live.hold();
    live.take(lines(2, 3));
    expect(seqs(live)).toEqual([1]);
    expect(live.view).toMatchObject({ received: 3, waiting: 2 });
    live.goOn();
    expect(seqs(live)).toEqual([3, 2, 1]);
    expect(live.view.waiting).toBe(0);
  });

  it('counts what it never shows', () => {
    const live = new LiveEvents(3);
    live.take(lines(1, 2, 3, 4, 5));
    expect(seqs(live)).toEqual([5, 4, 3]);
    expect(live.view.unseen).toBe(2);
    live.hold();
    live.take(lines(6, 7));
    live.take(lines(8, 9));
    expect(live.view).toMatchObject({ received: 9, waiting: 3, unseen: 3 });
    live.goOn();
    // What had been shown and scrolled off is not unseen.
    expect(seqs(live)).toEqual([9, 8, 7]);
    expect(live.view.unseen).toBe(3);
  });
});
