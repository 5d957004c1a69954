import { describe, expect, it } from '@jest/globals';
import { formatBytes, formatDurationUs, formatRelativeUs, formatShort, formatTimeUs } from './format.js';

describe('durations', () => {
  it.each([
    [0, '0'],
    [0.25, '250 ns'],
    [0.9999, '1 µs'],
    [12.345, '12.3 µs'],
    [999.7, '1 ms'],
    [4_560, '4.56 ms'],
    [999_600, '1 s'],
    [59_900_000, '59.9 s'],
    [200e6, '3 min 20 s'],
    [7_200e6, '2 h'],
    [90_000e6, '1 d 1 h'],
    [-5, '-5 µs'],
    [Number.NaN, '–'],
  ])('%s µs is %s', (us, text) => {
    expect(formatDurationUs(us)).toBe(text);
  });
});

describe('moments', () => {
  it('shows every microsecond, of bigints too', () => {
    expect(formatTimeUs(1_795_260_521_248_277n, 'utc')).toBe('2026-11-21 11:28:41.248277Z');
    expect(formatTimeUs(1_795_260_521_248_277, 'utc', 3)).toBe('2026-11-21 11:28:41.248Z');
    expect(formatTimeUs(-1n, 'utc')).toBe('1969-12-31 23:59:59.999999Z');
    expect(formatTimeUs(10n ** 30n, 'utc')).toBe('1000000000000000000000000000000 µs');
  });

  it('is relative in either direction', () => {
    expect(formatRelativeUs(0, 500)).toBe('now');
    expect(formatRelativeUs(0, 90e6)).toBe('1 min 30 s ago');
    expect(formatRelativeUs(3.7e6, 0)).toBe('in 3 s');
  });
});

it('shortens numbers and bytes', () => {
  expect([1, 1234, 30e6].map(formatShort)).toEqual(['1', '1.23k', '30M']);
  expect([0, 1023, 1536, 5 * 2 ** 30].map(formatBytes)).toEqual(['0 B', '1023 B', '1.5 KiB', '5 GiB']);
});
