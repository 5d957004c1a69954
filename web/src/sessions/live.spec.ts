import { describe, expect, it } from '@jest/globals';
import { LiveCounters } from './live-counters.js';
import { SlowestCalls } from './slowest-calls.js';

describe('LiveCounters', () => {
  it('counts per second between looks, however far apart', () => {
    const counters = new LiveCounters();
    counters.take({ atMs: 1000, events: 100, lost: 0, calls: { read: 80 } });
    expect(counters.rates).toEqual([]);
    counters.take({ atMs: 3000, events: 300, lost: 20, calls: { read: 180, write: 50 } });
    expect(counters.rates).toEqual([{ atMs: 3000, eventsPerSecond: 100, lostPerSecond: 10 }]);
    expect([...counters.byName]).toEqual([
      ['read', 50],
      ['write', 25],
    ]);
    counters.take({ atMs: 3000, events: 999, lost: 0, calls: {} });
    expect(counters.rates).toHaveLength(1);
  });

  it('begins anew with a new run, and keeps the last 300 looks', () => {
    const counters = new LiveCounters();
    counters.take({ atMs: 0, events: 500, lost: 5, calls: { read: 500 } });
    counters.take({ atMs: 1000, events: 40, lost: 0, calls: { read: 40 } });
    expect(counters.rates).toEqual([{ atMs: 1000, eventsPerSecond: 40, lostPerSecond: 0 }]);
    expect(counters.byName.get('read')).toBe(40);
    for (let look = 2; look < 400; look++) counters.take({ atMs: look * 1000, events: 40, lost: 0, calls: {} });
    expect(counters.rates).toHaveLength(300);
  });
});

describe('SlowestCalls', () => {
  it('keeps the slowest of what it saw and counts the rest', () => {
    const calls = new SlowestCalls(2);
    for (const [name, dur] of [
      ['a', 5],
      ['b', 9],
      ['c', 7],
      ['d', 1],
    ] as const)
      calls.take(JSON.stringify({ name, dur }));
    calls.take('{"name":"events skipped","cat":"tracer","ph":"X","ts":0,"dur":0,"args":{"count":40}}');
    calls.take('{"name":"node lost","cat":"tracer","ph":"X","ts":1,"dur":0,"args":{"node":"b","reason":"gone"}}');
    for (const noise of ['[', '{"name":', ']', '', '{"name":"process_name","ph":"M"}']) calls.take(noise);
    expect(calls.list.map(({ name }) => name)).toEqual(['b', 'c']);
    expect([calls.seen, calls.skipped, calls.lostNodes]).toEqual([4, 40, ['b: gone']]);
  });
});
