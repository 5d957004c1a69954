import { describe, expect, it } from '@jest/globals';
import { TracerError } from '@tracer/base';
import fc from 'fast-check';
import { forbiddenOption, MAX_ARGUMENTS, refuseForbidden, shown } from './forbidden-options.js';

const refusal = (...args: string[]): string | undefined => {
  try {
    refuseForbidden(args);
    return undefined;
  } catch (error) {
    if (!(error instanceof TracerError)) throw error;
    expect(error.code).toBe('HOOK_ARGUMENT_INVALID');
    return error.message;
  }
};

describe('refuseForbidden', () => {
  it.each([
    ['--pid', '--pid'],
    ['--pid=1', '--pid'],
    ['--pi', '--pid'],
    ['--p', '--pid'],
    ['--PID', '--pid'],
    ['--parent', '--parent'],
    ['--par=7', '--parent'],
    ['--instance', '--instance'],
    ['--inst', '--instance'],
    ['--i=x', '--instance'],
    ['-p', '-p'],
    ['-p1', '-p'],
    ['-p=1', '-p'],
    ['-i', '-i'],
    ['-ikube_x', '-i'],
    ['-vp1', '-p'],
    ['-hi', '-i'],
    ['"--pid"', '--pid'],
    ["-'p'", '-p'],
    ['\\--pid', '--pid'],
    ['--pi`d', '--pid'],
  ])('%s would set %s', (argument, option) => {
    expect(forbiddenOption(argument)).toBe(option);
    expect(refusal('-s', 'read', argument)).toContain(`would set ${option}`);
  });

  it.each([
    '-s',
    'read',
    '-t',
    '500',
    '-t500',
    '--time=5',
    '--',
    '-',
    '-1',
    'pid',
    'instance',
    '--pids',
    '--interval',
    '--path',
    'open*',
    '%file',
    '-x=p',
  ])('%s is a word of the hook', (argument) => {
    expect(refusal(argument)).toBeUndefined();
  });

  it.each([
    ['', 'is empty'],
    ['a b', 'white space'],
    ['read --pid', 'white space'],
    ['a\u00a0--pid', 'white space'],
    ['a\u2028b', 'white space'],
    ['a\nb', 'white space'],
    ['a\0b', 'control character'],
    ['a\u001cb', 'control character'],
    ['a\ud800', 'control character'],
  ])('%j is not one word', (argument, reason) => {
    expect(refusal(argument)).toContain(reason);
  });

  it('bounds the number of words and their length', () => {
    expect(refusal(...Array.from({ length: MAX_ARGUMENTS }, () => 'a'))).toBeUndefined();
    expect(refusal(...Array.from({ length: MAX_ARGUMENTS + 1 }, () => 'a'))).toContain('257 words, at most 256');
    expect(refusal('a'.repeat(4095))).toBeUndefined();
    expect(refusal('a'.repeat(4096))).toContain('longer than 4096');
  });

  it('never lets a word through that argparse would take for an option of the agent', () => {
    const long = fc.constantFrom('pid', 'parent', 'instance');
    const spelling = fc
      .tuple(long, fc.nat({ max: 8 }), fc.constantFrom('', '=', '=1', '=a=b'))
      .map(([name, cut, value]) => `--${name.slice(0, Math.max(1, name.length - cut))}${value}`);
    const short = fc
      .tuple(fc.constantFrom('p', 'i'), fc.stringMatching(/^[a-z0-9]{0,4}$/u), fc.stringMatching(/^[a-z0-9=/]{0,6}$/u))
      .map(([letter, before, after]) => `-${before}${letter}${after}`);
    fc.assert(
      fc.property(fc.array(fc.string()), fc.oneof(spelling, short), fc.nat(), (words, bad, at) => {
        const args = words.toSpliced(at % (words.length + 1), 0, bad);
        expect(refusal(...args)).toBeDefined();
      }),
    );
  });

  it('throws nothing but a TracerError, whatever arrives', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (args) => {
        const message = refusal(...args);
        if (message === undefined) expect(args.every((argument) => !/^--?(?:p|i)/u.test(argument))).toBe(true);
      }),
    );
  });
});

describe('shown', () => {
  it('keeps what a caller sent short and on one line', () => {
    expect(shown('a\nb')).toBe('"a\\nb"');
    expect(shown('x'.repeat(500))).toHaveLength(79);
  });
});
