import { describe, expect, it } from '@jest/globals';
import type { Command } from './command.js';
import { COMMANDS } from './commands.js';
import { readArguments } from './arguments.js';
import { helpOf, overview } from './help.js';

const named = (name: string): Command => {
  const command = COMMANDS.find((one) => one.name === name);
  if (command === undefined) throw new Error(`no command ${name}`);
  return command;
};

describe('readArguments', () => {
  it('tells operands, options and the words of the hook apart', () => {
    const given = readArguments(named('run'), [
      'trace_syscalls',
      '--pod',
      'api-*',
      '--time=30s',
      '--',
      '-s',
      'read',
      '--',
      'x',
    ]);
    expect([given.operands, given.text('pod'), given.durationMs('time'), given.rest]).toEqual([
      ['trace_syscalls'],
      'api-*',
      30_000,
      ['-s', 'read', '--', 'x'],
    ]);
  });

  it.each([
    ['run', [], /^run: <hook> is missing$/],
    ['pods', ['a', 'b'], /^pods: "b" is one word too many$/],
    ['pods', ['--', 'x'], /^pods: takes no arguments after "--"$/],
    ['run', ['h', '--pdo', 'x'], /^run: there is no option --pdo; did you mean "--pod"\?$/],
    ['stats', ['--limit'], /^stats: --limit needs a value$/],
    ['events', ['f', '--limit', '-5'], /^events: the value of --limit begins with "-"; write --option=-value$/],
    ['pods', ['--json=yes'], /^pods: --json takes no value$/],
  ])('refuses "%s %j" in words about the command line', (name, argv, message) => {
    expect(() => readArguments(named(name), argv)).toThrow(message);
  });

  it('lets --help stand without what is otherwise needed', () => {
    expect(readArguments(named('run'), ['--help']).flag('help')).toBe(true);
  });

  it('names the words that an option takes', () => {
    const given = readArguments(named('run'), ['h', '--sort', 'tiem']);
    expect(() => given.oneOf('sort', ['time', 'count'])).toThrow(
      '--sort: "tiem" is none of time, count; did you mean "time"?',
    );
  });
});

describe('the table of commands', () => {
  it('is whole: unique names, every command in the overview, every option in its help', () => {
    expect(new Set(COMMANDS.map(({ name }) => name)).size).toBe(COMMANDS.length);
    for (const command of COMMANDS) {
      expect(overview(COMMANDS)).toContain(`  ${command.name.padEnd(16)} ${command.summary}`);
      for (const option of Object.keys(command.options)) expect(helpOf(command)).toContain(`--${option}`);
    }
  });

  it('fits a terminal of 120 columns', () => {
    for (const line of [overview(COMMANDS), ...COMMANDS.map(helpOf)].join('\n').split('\n'))
      expect(line.length).toBeLessThanOrEqual(120);
  });
});
