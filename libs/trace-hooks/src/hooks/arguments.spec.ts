import { describe, expect, it } from '@jest/globals';
import { TracerError } from '@tracer/base';
import fc from 'fast-check';
import { forbiddenOption } from '../forbidden-options.js';
import {
  describeOptions,
  parseArguments,
  TIME_OPTION,
  type FlagOption,
  type NamesOption,
  type NumberOption,
} from './arguments.js';

const SYSCALL: NamesOption = { kind: 'names', long: 'syscall', short: 's', placeholder: 'NAME', help: 'these only' };
const COLOUR: NamesOption = {
  kind: 'names',
  long: 'colour',
  short: 'c',
  placeholder: 'C',
  choices: ['red', 'blue'],
  help: 'which',
};
const SHORTEST: NumberOption = {
  kind: 'number',
  long: 'shortest',
  short: 'm',
  placeholder: 'US',
  min: 0,
  max: 1000,
  help: 'floor',
};
const ALL: FlagOption = { kind: 'flag', long: 'all', short: 'a', help: 'everything' };
const OPTIONS = [SYSCALL, COLOUR, SHORTEST, ALL, TIME_OPTION];

const parse = (line: string): unknown => {
  const parsed = parseArguments(line.split(' ').filter(Boolean), OPTIONS);
  return {
    s: parsed.names(SYSCALL),
    c: parsed.names(COLOUR),
    m: parsed.number(SHORTEST),
    a: parsed.flag(ALL),
    t: parsed.number(TIME_OPTION),
  };
};
const refusal = (line: string): string => {
  try {
    parse(line);
    return 'accepted';
  } catch (error) {
    if (error instanceof TracerError && error.code === 'HOOK_ARGUMENT_INVALID') return error.message;
    throw error;
  }
};
const NONE = { s: [], c: [], m: undefined, a: false, t: undefined };

describe('parseArguments', () => {
  it.each([
    ['', {}],
    ['-s read write -t 500', { s: ['read', 'write'], t: 500 }],
    ['--syscall=read --syscall write,openat -s read', { s: ['read', 'write', 'openat'] }],
    ['-sread -t500', { s: ['read'], t: 500 }],
    ['-s=read -t=500', { s: ['read'], t: 500 }],
    ['-t 1 -t 2', { t: 2 }],
    ['--sys read -a --shortest 0 --al', { s: ['read'], a: true, m: 0 }],
    ['-c red blue -s open* %file', { c: ['red', 'blue'], s: ['open*', '%file'] }],
  ])('%s', (line, expected) => {
    expect(parse(line)).toEqual({ ...NONE, ...expected });
  });

  it.each([
    [
      'read',
      '"read" does not belong to an option; expected -s, --syscall NAME..., -c, --colour C..., -m, --shortest US',
    ],
    ['-x 1', '"-x" is no option of this hook; expected -s, --syscall NAME...'],
    ['--s read', '"--s" is no option of this hook'],
    ['--syscalls read', '"--syscalls" is no option of this hook'],
    ['--', '"--" is no option of this hook'],
    ['-', '"-" is no option of this hook'],
    ['-s', '-s, --syscall NAME...: expected at least one name'],
    ['-s , -t 5', 'expected at least one name'],
    ['-t', '-t, --time MS: expected a whole number from 1 to 2147483647, got nothing'],
    ['-t soon', 'expected a whole number from 1 to 2147483647, got "soon"'],
    ['-t 0', 'got "0"'],
    ['-t -5', 'got "-5"'],
    ['-t 1.5', 'got "1.5"'],
    ['-t 1e3', 'got "1e3"'],
    ['-t 2147483648', 'got "2147483648"'],
    ['-t 5 6', '"6" does not belong to an option'],
    ['-m 1001', 'from 0 to 1000'],
    ['-c green', '"green" is none of red, blue'],
    ['--all=1', 'takes no value'],
    ['-a yes', '"yes" does not belong to an option'],
    ['-s read --pid 1', '"--pid" would set --pid'],
    ['-s read -p1', '"-p1" would set -p'],
    ['--inst x', '"--inst" would set --instance'],
  ])('%s is refused', (line, message) => {
    expect(refusal(line)).toContain(message);
  });

  it('throws nothing but HOOK_ARGUMENT_INVALID, and accepts nothing that is the business of the agent', () => {
    const word = fc.oneof(
      fc.constantFrom(
        '-s',
        '-t',
        '-a',
        '--syscall',
        '--time=5',
        '-c',
        'red',
        '7',
        '-p',
        '--pid',
        '-i',
        '--instance=x',
        '--',
        '-',
      ),
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.stringMatching(/^--?[a-z=]{0,6}$/u),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (args) => {
        try {
          parseArguments(args, OPTIONS);
        } catch (error) {
          expect(error).toBeInstanceOf(TracerError);
          expect((error as TracerError).code).toBe('HOOK_ARGUMENT_INVALID');
          return;
        }
        expect(args.filter((argument) => forbiddenOption(argument) !== undefined)).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('describeOptions', () => {
  it('says how each option is written', () => {
    expect(describeOptions([SYSCALL, COLOUR, ALL])).toEqual([
      '-s, --syscall NAME... : these only',
      '-c, --colour C... : which (red, blue)',
      '-a, --all : everything',
    ]);
  });
});
