import { describe, expect, it } from '@jest/globals';
import { silent } from '@tracer/base';
import type { StoredDay } from '@tracer/storage-postgres';
import { RetentionJob } from './retention-job.js';

const DAY: StoredDay = { day: '2026-01-01', table: 'span_20260101', bytes: 8, spans: 3, purge: 'age' };
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

/** A job whose purges end when the test says so. */
function stage(intervalMs = 600_000) {
  const events: string[] = [];
  const waiting: ((error?: Error) => void)[] = [];
  const purge = (): Promise<StoredDay[]> => {
    events.push('purge');
    return new Promise((resolve, reject) => {
      waiting.push((error) => {
        if (error) reject(error);
        else resolve([DAY]);
      });
    });
  };
  const figures = {
    stored: (days: readonly StoredDay[]) => void events.push(`stored ${days.length}`),
    dropped: (days: readonly StoredDay[]) => void events.push(`dropped ${days.length}`),
    failed: () => void events.push('failed'),
  };
  const job = new RetentionJob(
    { plan: () => Promise.resolve([DAY, DAY]), purge },
    { days: 1 },
    intervalMs,
    figures,
    silent,
  );
  return { job, events, finish: (error?: Error) => waiting.shift()?.(error) };
}

describe('RetentionJob', () => {
  it('runs once at a time, whoever asks', async () => {
    const { job, events, finish } = stage();
    const runs = [job.run(), job.run()];
    finish();
    expect(await Promise.all(runs)).toEqual([[DAY], [DAY]]);
    expect(events).toEqual(['purge', 'dropped 1']);
    const again = job.run();
    finish();
    await again;
    expect(events.filter((event) => event === 'purge')).toHaveLength(2);
  });

  it('runs now and then, survives failures, and a stop waits for it', async () => {
    const { job, events, finish } = stage(5);
    job.start();
    await settle();
    expect(events).toEqual(['purge']);
    finish(new Error('database gone'));
    await settle();
    expect(events.slice(0, 3)).toEqual(['purge', 'failed', 'purge']);
    let stopped = false;
    const stopping = job.stop().then(() => (stopped = true));
    await settle();
    expect(stopped).toBe(false);
    finish();
    await stopping;
    await settle();
    expect(events.slice(3)).toEqual(['dropped 1', 'stored 2']);
  });
});
