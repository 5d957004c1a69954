import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isoTime, parseIsoTime } from './iso-time.js';

describe('parseIsoTime', () => {
  it.each([
    ['2099-01-01T00:00:00', Date.UTC(2099, 0, 1) * 1000],
    ['2026-11-21T00:05:50.573697', Date.UTC(2026, 10, 21, 0, 5, 50, 573) * 1000 + 697],
    ['2026-11-21T00:05:50.573697Z', Date.UTC(2026, 10, 21, 0, 5, 50, 573) * 1000 + 697],
    ['2026-11-21 02:05+02:00', Date.UTC(2026, 10, 21, 0, 5) * 1000],
    ['2026-11-21T00:05:50,1-0130', Date.UTC(2026, 10, 21, 1, 35, 50, 100) * 1000],
    ['2024-02-29', Date.UTC(2024, 1, 29) * 1000],
    ['1969-12-31T23:59:59.999999', -1],
    ['0', 0],
    ['1700000000', 1_700_000_000_000_000],
    ['1700000000.5', 1_700_000_000_500_000],
    ['1700000000123', 1_700_000_000_123_000],
    ['-1.5', -1_500_000],
  ])('%s', (text, us) => {
    expect(parseIsoTime(text)).toBe(us);
  });

  it.each([
    '',
    'now',
    '2026-02-30',
    '2025-02-29',
    '2026-13-01',
    '2026-11-21T24:00:00',
    '2026-11-21T10:60:00',
    '2026-11-21T10:00:00+24:00',
    '2026-11-21T10:00:00+00:60',
    '2026-11-21T10:00:00 02:00',
    '2026-11-21T10',
    '2026-11-21T10:00:00.1234567890',
    '2300-01-01T00:00:00',
    '1e9',
    '99999999999999999',
  ])('refuses %j', (text) => {
    expect(parseIsoTime(text)).toBeUndefined();
  });

  it('reads what isoTime writes, to the microsecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: -6_213_559_680_000_000, max: Number.MAX_SAFE_INTEGER }), (us) => {
        expect(isoTime(us)).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
        expect(parseIsoTime(isoTime(us))).toBe(us);
      }),
    );
  });

  it('agrees with Date for all that Date can read', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date('2254-01-01'), noInvalidDate: true }), (date) => {
        expect(parseIsoTime(date.toISOString())).toBe(date.getTime() * 1000);
      }),
    );
  });
});
