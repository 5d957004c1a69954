import { describe, expect, it } from '@jest/globals';
import { completionScript, propose, SHELLS } from './completion.js';
import { COMMANDS, OWN_COMMANDS } from './commands.js';

const words = (...typed: string[]): unknown => propose(typed, COMMANDS, Object.keys(OWN_COMMANDS));

describe('propose', () => {
  it('knows the first words', () => {
    expect(words('')).toEqual({
      words: [
        ...['pods', 'nodes', 'hooks', 'run', 'sessions', 'files', 'events', 'stats', 'index', 'spans', 'token'],
        ...['up', 'completion', 'help', 'version'],
      ],
    });
  });

  it('knows the second words, operands, options and their values', () => {
    expect(words('sessions', '')).toEqual({ words: ['list', 'show', 'stop', 'delete'] });
    expect(words('sessions', 'stop', '')).toEqual({ ask: 'sessions' });
    expect(words('run', '')).toEqual({ ask: 'hooks' });
    expect(words('run', 'trace_exec', '--pod', '')).toEqual({ ask: 'pods' });
    expect(words('stats', '--sort', 'p')).toEqual({ words: ['count', 'sum', 'mean', 'p50', 'p99', 'max', 'bytes'] });
    expect(words('events', '--lim')).toEqual({
      words: expect.arrayContaining(['--limit', '--name', '--json', '--url']),
    });
    expect(words('index', '')).toEqual({ ask: 'directories' });
  });

  it('proposes nothing where it knows nothing: free values, arguments of a hook, unknown commands', () => {
    for (const typed of [
      ['run', '--time', ''],
      ['run', 'h', '--', '-'],
      ['nonsense', ''],
    ])
      expect(propose(typed, COMMANDS)).toEqual({ words: [] });
  });
});

describe('completionScript', () => {
  it.each(SHELLS)('asks the program, for %s', (shell) => {
    expect(completionScript(shell)).toMatch(/tracer __complete/);
  });
});
