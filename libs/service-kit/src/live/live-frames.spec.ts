import { describe, expect, it } from '@jest/globals';
import { eventsIn, LiveFrames } from './live-frames.js';

const notice = (count: unknown, name = 'tail skipped'): string =>
  `${JSON.stringify({ id: 0, name, cat: 'tracer', ph: 'X', ts: 1, dur: 0, args: { count } })}\n`;

describe('eventsIn', () => {
  it.each([
    ['', 0],
    ['a\n', 1],
    ['a\nb\n\n', 3],
    [notice(70), 70],
    [`{"id":1}\n${notice(70)}{"id":2}\n${notice(5, 'events skipped')}`, 77],
    [notice('many'), 1],
    ['"name":"tail skipped" but no JSON\n', 1],
  ])('counts %j as %i', (text, count) => {
    expect(eventsIn(Buffer.from(text))).toBe(count);
    expect(new LiveFrames(Buffer.from(text), 'ndjson').events).toBe(count);
  });
});

describe('LiveFrames', () => {
  it.each([
    ['', 0],
    ['data: {"id":1}\n\ndata: {"id":2}\n\n', 2],
    [': still here\n\ndata: {"id":1}\n\n', 1],
    [`data: ${notice(9).trim()}\n\n`, 9],
    ['event: skipped\ndata: {"count":12}\n\ndata: {"id":1}\n\n', 13],
    ['event: skipped\ndata: nonsense\n\n', 0],
    ['event: lost\ndata: {"node":"a"}\n\nevent: end\ndata: {}\n\n', 0],
  ])('counts the events of SSE %j as %i', (text, count) => {
    expect(new LiveFrames(Buffer.from(text), 'sse').events).toBe(count);
  });
});
