import { describe, expect, it } from '@jest/globals';
import { progressLine, size } from './progress.js';

describe('progressLine', () => {
  it('shows files, bytes, rate and the time that is left', () => {
    const half = { files: 8, filesDone: 3, bytes: 4e9, bytesDone: 2e9, elapsedMs: 5000 };
    expect(progressLine(half)).toBe('[############............] 3/8 files  2.0 GB of 4.0 GB  400 MB/s  ETA 0:05');
    expect(progressLine({ ...half, bytes: 4e12 })).toContain('ETA 2:46:35');
  });

  it('knows no time left before anything is done, and none when all is', () => {
    expect(progressLine({ files: 1, filesDone: 0, bytes: 100, bytesDone: 0, elapsedMs: 0 })).toContain(
      '0 B/s  ETA -:--',
    );
    expect(progressLine({ files: 1, filesDone: 1, bytes: 100, bytesDone: 100, elapsedMs: 10 })).toContain(
      '] 1/1 files  100 B of 100 B  10.0 kB/s  ETA 0:00',
    );
    expect(progressLine({ files: 0, filesDone: 0, bytes: 0, bytesDone: 0, elapsedMs: 0 })).toContain(
      '[########################] 0/0',
    );
  });
});

describe('size', () => {
  it('has three digits at most', () => {
    expect([0, 0.4, 999, 1000, 1500, 99_950, 123_456_789, 5e15].map(size)).toEqual([
      '0 B',
      '0 B',
      '999 B',
      '1.0 kB',
      '1.5 kB',
      '100.0 kB',
      '123 MB',
      '5000 TB',
    ]);
  });
});
