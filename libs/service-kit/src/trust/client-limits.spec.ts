import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { clientAddress, ClientLimits, type LimitReached } from './client-limits.js';
import { TokenBucket } from './token-bucket.js';

describe('TokenBucket', () => {
  it('gives a burst at once, then so many a second', () => {
    const bucket = new TokenBucket(10, 3, 0);
    expect([0, 0, 0, 0].map((at) => bucket.take(at))).toEqual([0, 0, 0, 100]);
    expect([99, 100, 150].map((at) => bucket.take(at))).toEqual([1, 0, 50]);
    expect(Array.from({ length: 4 }, () => bucket.take(60_000))).toEqual([0, 0, 0, 100]);
  });

  it('takes a clock that jumps back for one that stands still', () => {
    const bucket = new TokenBucket(1, 1, 1_000_000);
    expect([bucket.take(1_000_000), bucket.take(5_000), bucket.take(5_500), bucket.take(6_100)]).toEqual([
      0, 1000, 500, 0,
    ]);
  });

  it('never lets more through than burst and rate allow, nor much less when all is wanted', () => {
    const waits = fc.array(fc.integer({ min: 0, max: 2_000 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 20 }), waits, (rate, burst, pauses) => {
        const bucket = new TokenBucket(rate, burst, 0);
        let nowMs = 0;
        let taken = 0;
        // The slow version: what is in the bucket, as an exact number of thousandths.
        let level = burst * 1000;
        for (const pause of pauses) {
          nowMs += pause;
          level = Math.min(burst * 1000, level + pause * rate);
          const wait = bucket.take(nowMs);
          expect(wait === 0).toBe(level >= 1000);
          if (wait === 0) {
            level -= 1000;
            taken++;
          } else expect(wait).toBe(Math.ceil((1000 - level) / rate));
        }
        expect(taken).toBeLessThanOrEqual(burst + (nowMs * rate) / 1000);
      }),
      { interruptAfterTimeLimit: 3_000 },
    );
  });
});

describe('ClientLimits', () => {
  const options = { perSecond: 2, burst: 3, concurrent: 2, streams: 1 };
  const refusal = (act: () => unknown): [string, number] | undefined => {
    try {
      act();
      return undefined;
    } catch (error) {
      const { limit, retryAfterSeconds } = error as LimitReached;
      return [limit, retryAfterSeconds];
    }
  };

  it('holds each client to its own rate, and says when to come again', () => {
    let nowMs = 0;
    const limits = new ClientLimits({ ...options, concurrent: 0, streams: 0 }, () => nowMs);
    for (let count = 0; count < 3; count++) limits.enter('a', false);
    expect(refusal(() => limits.enter('a', false))).toEqual(['rate', 1]);
    expect(refusal(() => limits.enter('b', false))).toBeUndefined();
    nowMs = 500;
    expect(refusal(() => limits.enter('a', false))).toBeUndefined();
  });

  it('bounds requests under way and streams, and counts each end once', () => {
    const limits = new ClientLimits({ ...options, perSecond: 0 });
    const leaveStream = limits.enter('a', true);
    expect(refusal(() => limits.enter('a', true))).toEqual(['streams', 5]);
    const leave = limits.enter('a', false);
    expect(refusal(() => limits.enter('a', false))).toEqual(['concurrency', 1]);
    leave();
    leave();
    limits.enter('a', false);
    expect(refusal(() => limits.enter('a', false))).toEqual(['concurrency', 1]);
    leaveStream();
    expect(refusal(() => limits.enter('a', true))).toBeUndefined();
  });

  it('knows no limit where it is 0', () => {
    const limits = new ClientLimits({ perSecond: 0, burst: 1, concurrent: 0, streams: 0 });
    for (let count = 0; count < 10_000; count++) limits.enter('a', true);
    expect(limits.size).toBe(1);
  });

  it('forgets clients that do nothing, so that many addresses cost no memory', () => {
    let nowMs = 0;
    const limits = new ClientLimits(options, () => nowMs);
    limits.enter('stays', false);
    let most = 0;
    for (let client = 0; client < 100_000; client++) {
      nowMs += 10;
      limits.enter(`client ${client}`, false)();
      most = Math.max(most, limits.size);
    }
    expect(most).toBeLessThanOrEqual(20_002);
    // What is under way is not forgotten.
    limits.enter('stays', false);
    expect(refusal(() => limits.enter('stays', false))).toEqual(['concurrency', 1]);
  });
});

describe('clientAddress', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::9', '2001:db8:0:0::/64'],
    ['2001:0db8::0009', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['', ''],
  ])('counts %s as %s', (address, client) => {
    expect(clientAddress(address)).toBe(client);
  });
});
