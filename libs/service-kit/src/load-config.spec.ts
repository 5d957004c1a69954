import { describe, expect, it } from '@jest/globals';
import { ListenConfig, LISTEN_ADDRESS, listenAddress } from './listen-config.js';
import { loadConfig } from './load-config.js';
import { usageOf } from './command-line.js';
import { IntSetting, ListSetting, settingsOf, SwitchSetting, TextSetting } from './settings.js';

class Config extends ListenConfig {
  @TextSetting({ env: 'ADDRESS', flag: 'address', short: 'a', description: 'where to listen', ...LISTEN_ADDRESS })
  address = '127.0.0.1:8081';

  @IntSetting({ env: ['POLL', 'OLD_POLL'], flag: 'poll', min: 1, max: 60, description: 'seconds' })
  poll = 10;

  @SwitchSetting({ env: 'FORCE', flag: 'use-procfs', description: 'skip CRI', onWhenPresent: true })
  useProcfs = false;

  @SwitchSetting({ env: 'RESUME', flag: 'resume', description: 'go on' })
  resume = false;

  @TextSetting({ env: 'SECRET', secret: true, longest: 8, description: 'a secret' })
  secret = '';

  @ListSetting({ env: 'RUN_PATHS', flag: 'run-path', description: 'run paths' })
  runPaths = ['/run'];

  @TextSetting({ env: 'OTLP', flag: 'otlp', description: 'collector' })
  otlp?: string;
}

const load = (env: Record<string, string>, ...argv: string[]): Config => loadConfig(Config, { env, argv });

describe('loadConfig', () => {
  it('fills defaults, ignores other variables and freezes the result', () => {
    const config = load({ HOME: '/root' });
    expect({ ...config }).toMatchObject({
      address: '127.0.0.1:8081',
      poll: 10,
      useProcfs: false,
      runPaths: ['/run'],
      stopDeadlineMs: 10_000,
      logLevel: 'info',
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('lets a flag win over its variable, in every way of writing it', () => {
    for (const argv of [['--poll', '7'], ['--poll=7'], ['-poll', '7'], ['-poll=7']])
      expect(load({ POLL: '3' }, ...argv).poll).toBe(7);
    expect(load({}, '-a', ':80').address).toBe(':80');
  });

  it('reads the first variable that is set, and an older name after it', () => {
    expect([load({ OLD_POLL: '4' }).poll, load({ POLL: '5', OLD_POLL: '4' }).poll]).toEqual([4, 5]);
  });

  it.each([
    ['1', true],
    ['yes', true],
    ['', false],
    ['0', false],
    ['False', false],
    ['no', false],
    ['off', false],
  ])('takes a switch of ours that says %j for %j', (text, on) => {
    expect(load({ RESUME: text }).resume).toBe(on);
    expect(load({}, `--resume=${text}`).resume).toBe(on);
    expect(load({}, '--resume').resume).toBe(true);
  });

  it('never shows a secret, not even one that is wrong', () => {
    expect(() => load({ SECRET: 'tr_hunter2hunter2' })).toThrow('SECRET=(not shown) must have at most 8 characters');
  });

  it('takes a published switch as true when its variable is merely present', () => {
    expect([load({ FORCE: '' }).useProcfs, load({ FORCE: '0' }).useProcfs, load({}).useProcfs]).toEqual([
      true,
      true,
      false,
    ]);
    expect(load({ FORCE: '1' }, '--use-procfs=false').useProcfs).toBe(false);
  });

  it('splits lists and repeats flags', () => {
    expect(load({ RUN_PATHS: '/a,/b; /c\t/d' }).runPaths).toEqual(['/a', '/b', '/c', '/d']);
    expect(load({ RUN_PATHS: '/a' }, '--run-path', '/x', '--run-path=/y').runPaths).toEqual(['/x', '/y']);
  });

  it('names every wrong setting at once, with what was given and what was expected', () => {
    expect(() => load({ POLL: 'soon', TRACER_LOG_LEVEL: 'loud' }, '--address', 'nowhere')).toThrow(
      /--address="nowhere" must be host:port or :port.*POLL="soon" must be a whole number from 1 to 60|POLL="soon".*--address="nowhere"/,
    );
    expect(() => load({ POLL: 'soon', TRACER_LOG_LEVEL: 'loud' })).toThrow(
      /TRACER_LOG_LEVEL="loud" must be one of fatal/,
    );
  });

  it('refuses unknown flags and missing values', () => {
    expect(() => load({}, '--nope', 'stray', '--poll')).toThrow(
      'wrong command line: unknown argument "--nope"; unknown argument "stray"; --poll needs a value',
    );
  });

  it('describes every setting in the usage text', () => {
    const usage = usageOf('tracer-node', settingsOf(Config), new Config());
    for (const { flag, env, description } of settingsOf(Config)) {
      expect(usage).toContain(flag === undefined ? env[0] : `--${flag}`);
      expect(usage).toContain(description);
    }
  });
});

describe('listenAddress', () => {
  it('splits what Go programs accept', () => {
    expect(listenAddress(':80')).toEqual({ host: '0.0.0.0', port: 80 });
    expect(listenAddress('127.0.0.1:8081')).toEqual({ host: '127.0.0.1', port: 8081 });
    expect(listenAddress('[::1]:9')).toEqual({ host: '::1', port: 9 });
  });

  it.each(['8080', 'host', 'host:', ':99999', '::1:80'])('refuses %s', (address) => {
    expect(() => listenAddress(address)).toThrow(`wrong address "${address}"`);
  });
});
