import { describe, expect, it } from '@jest/globals';
import type { Log } from '@tracer/base';
import { withoutRepeats } from './repeat-filter.js';

describe('withoutRepeats', () => {
  it('passes a repeated warning on once in a while, and everything else always', () => {
    const said: string[] = [];
    const note =
      (level: string) =>
      (facts: object, message: string): number =>
        said.push(`${level} ${message} ${JSON.stringify(facts)}`);
    const log: Log = { info: note('info'), warn: note('warn'), error: note('error') };
    let nowMs = 0;
    const quiet = withoutRepeats(log, 1000, () => nowMs);
    for (nowMs = 0; nowMs < 2500; nowMs += 500) quiet.warn({ id: 1 }, 'no status');
    quiet.warn({ id: 2 }, 'no status');
    quiet.info({}, 'x');
    quiet.info({}, 'x');
    quiet.error({}, 'y');
    quiet.error({}, 'y');
    expect(said).toEqual([
      ...Array<string>(3).fill('warn no status {"id":1}'),
      'warn no status {"id":2}',
      ...Array<string>(2).fill('info x {}'),
      ...Array<string>(2).fill('error y {}'),
    ]);
  });

  it('forgets what was said longest ago', () => {
    let said = 0;
    const log: Log = { info: () => undefined, warn: () => said++, error: () => undefined };
    const quiet = withoutRepeats(log, 1e9);
    for (let id = 0; id <= 1000; id++) quiet.warn({ id }, 'x');
    quiet.warn({ id: 1000 }, 'x');
    expect(said).toBe(1001);
    quiet.warn({ id: 0 }, 'x');
    expect(said).toBe(1002);
  });
});
