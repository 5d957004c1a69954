import { describe, expect, it } from '@jest/globals';
import { argumentLine, readArguments, readDescription } from './hook-options.js';

const LINES = [
  'Traces system calls.',
  '-s, --syscall NAME... : these only: names (read)',
  '-x, --failed : only calls that fail',
  '--time MS : end by itself',
  'Without -s every call is traced.',
];
const { about, options, notes } = readDescription(LINES);

describe('readDescription', () => {
  it('tells options from text', () => {
    expect([about, notes]).toEqual([['Traces system calls.'], ['Without -s every call is traced.']]);
    expect(options).toEqual([
      { short: '-s', long: '--syscall', value: 'NAME', several: true, text: 'these only: names (read)' },
      { short: '-x', long: '--failed', several: false, text: 'only calls that fail' },
      { long: '--time', value: 'MS', several: false, text: 'end by itself' },
    ]);
  });

  it('keeps what it does not understand as text', () => {
    expect(readDescription(['usage: --foo <bar>', '']).about).toEqual(['usage: --foo <bar>', '']);
  });
});

describe('arguments', () => {
  it('become a line', () => {
    expect(argumentLine(options, { '--syscall': 'read, write  %file', '--failed': true, '--time': '' })).toBe(
      '--syscall read write %file --failed',
    );
  });

  it.each([
    ['-s read write -x', { '--syscall': 'read write', '--failed': true }, []],
    ['--syscall=read openat --time 5', { '--syscall': 'read openat', '--time': '5' }, []],
    ['--time=5 7', { '--time': '5' }, ['7']],
    ['-s read --unknown 3 -t500', { '--syscall': 'read 3' }, ['--unknown', '-t500']],
    ['', {}, []],
  ])('of the line %j are read back', (line, values, rest) => {
    expect(readArguments(options, line)).toEqual({ values, rest });
  });
});
