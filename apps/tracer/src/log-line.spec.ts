import { describe, expect, it } from '@jest/globals';
import { readableLine } from './log-line.js';

describe('readableLine', () => {
  it('shows clock, message and facts of a JSON line', () => {
    const line =
      '{"level":"info","time":"2026-11-21T10:02:03.456Z","name":"tracer-node","port":8081,"msg":"listening"}';
    expect(readableLine('tracer-node', line, 13)).toBe('tracer-node   | 10:02:03 listening port=8081');
  });

  it('makes a level that matters visible', () => {
    const line = '{"level":"warn","time":"2026-11-21T10:02:03.456Z","msg":"slow","facts":{"ms":7}}';
    expect(readableLine('a', line, 1)).toBe('a | 10:02:03 WARN slow facts={"ms":7}');
  });

  it.each(['plain text', '{"cut":', ''])('leaves %j as it is', (line) => {
    expect(readableLine('a', line, 3)).toBe(`a   | ${line}`);
  });

  it.each([
    ['a fact', '{"msg":"pod","name":"x","pod":"\\u001b[2Ja\\nb"}', 'a |  pod pod=\\u001b[2Ja\\u000ab'],
    ['a message', '{"msg":"\\u009b31m"}', 'a |  \\u009b31m'],
    ['a line that is not JSON', '\u001b]0;title\u0007', 'a | \\u001b]0;title\\u0007'],
  ])('does not hand control characters in %s to the terminal', (_, line, shown) => {
    expect(readableLine('a', line, 1)).toBe(shown);
  });
});
