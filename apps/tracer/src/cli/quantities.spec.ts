import { describe, expect, it } from '@jest/globals';
import { CliError } from './exit-codes.js';
import {
  byteCount,
  durationMs,
  momentUs,
  showBytes,
  showCount,
  showElapsed,
  showMoment,
  showNs,
  wholeNumber,
} from './quantities.js';

const NOW_MS = Date.parse('2026-11-21T12:00:00Z');

describe('what is typed', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
  ])('takes the time %s', (text, ms) => {
    expect(durationMs(text, '--time')).toBe(ms);
  });

  it.each(['30', '', '0s', '-1s', '1 week', '1e3s', 's', 'Infinitys'])(
    'refuses the time %p, naming the option',
    (text) => {
      expect(() => durationMs(text, '--time')).toThrow(/^--time: ".*" is not a time; write 500ms, 30s/);
    },
  );

  it('takes moments as distance, date and epoch µs', () => {
    expect(momentUs('1h', '--from', NOW_MS)).toBe((NOW_MS - 3_600_000) * 1000);
    expect(momentUs('2026-11-21T10:00:00Z', '--from', NOW_MS)).toBe(Date.parse('2026-11-21T10:00:00Z') * 1000);
    expect(momentUs('1795267367876771', '--from', NOW_MS)).toBe(1795267367876771);
    for (const wrong of ['yesterday', '2026', '2026-13-45', '12345', ''])
      expect(() => momentUs(wrong, '--from', NOW_MS)).toThrow('--from: ');
  });

  it('takes whole numbers and sizes, and refuses others', () => {
    expect([wholeNumber('10k', 'n'), wholeNumber('2M', 'n'), wholeNumber('0', 'n')]).toEqual([10_000, 2_000_000, 0]);
    expect([byteCount('4096', 'b'), byteCount('64k', 'b'), byteCount('2GB', 'b')]).toEqual([4096, 65_536, 2 ** 31]);
    for (const wrong of ['-1', '1.5', 'ten', '', '999999999999999M'])
      expect(() => wholeNumber(wrong, 'n')).toThrow(CliError);
    for (const wrong of ['0', '1T', '-1k', '']) expect(() => byteCount(wrong, 'b')).toThrow(CliError);
    expect(() => wholeNumber('0', '--events', 1)).toThrow('--events: "0" is not a whole number from 1');
  });
});

describe('what is shown', () => {
  it('has three digits and a unit', () => {
    expect([0, 685, 999.6, 1855, 27_135, 344_063, 999_600, 1.5e6, 2.5e9, 3.6e12].map(showNs)).toEqual([
      '0 ns',
      '685 ns',
      '1 µs',
      '1.85 µs',
      '27.1 µs',
      '344 µs',
      '1 ms',
      '1.5 ms',
      '2.5 s',
      '3600 s',
    ]);
    expect([0, 999, 1000, 87_254, 8_589_934_592].map(showBytes)).toEqual([
      '0 B',
      '999 B',
      '1 kB',
      '87.3 kB',
      '8.59 GB',
    ]);
    expect(showCount(1_234_567.4)).toBe('1,234,567');
    expect([900, 59_900, 185_000, 7_440_000].map(showElapsed)).toEqual(['0.9 s', '59.9 s', '3 min 05 s', '2 h 04 min']);
  });

  it('shows a moment in UTC, and nothing when there is none', () => {
    expect(showMoment(1795267367876771)).toBe('2026-11-21 13:22:47.876');
    expect([undefined, Number.NaN, 1e300].map(showMoment)).toEqual(['', '', '']);
  });
});
