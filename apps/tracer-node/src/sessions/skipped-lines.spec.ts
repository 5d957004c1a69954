import { describe, expect, it } from '@jest/globals';
import { eventsIn } from './skipped-lines.js';

const notice = (count: unknown): string =>
  `${JSON.stringify({ id: 0, name: 'tail skipped', cat: 'tracer', ph: 'X', ts: 1, dur: 0, args: { count } })}\n`;

describe('eventsIn', () => {
  it.each([
    ['', 0],
    ['a\n', 1],
    ['a\nb\n\n', 3],
    [notice(70), 70],
    [`{"id":1}\n${notice(70)}{"id":2}\n${notice(5)}`, 77],
    [notice('many'), 1],
    ['"name":"tail skipped" but no JSON\n', 1],
  ])('counts %j as %i', (text, count) => {
    expect(eventsIn(Buffer.from(text))).toBe(count);
  });
});
