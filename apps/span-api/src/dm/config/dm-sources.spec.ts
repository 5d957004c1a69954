import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '@tracer/service-kit';
import { SpanApiConfig } from '../../config.js';
import { withDmConfiguration, type DmSources } from './dm-sources.js';

const FILES: Readonly<Record<string, string>> = {
  'full.toml':
    'log-level = "WARN"\nlog-file = "dm.log"\nlog-format = "json"\ntracer-addr = "127.0.0.1:38261"\nenable = true\nchecksum = true\n',
  'level.toml': 'log-level = "debug"\nenable = true\n',
  'unknown.toml': 'unknown-key = 1\ntracer-addr=":39998"\n',
  'broken.toml': 'log-level = \n',
  'wrong-level.toml': 'log-level = "warning"\n',
  'wrong-type.toml': 'tracer-addr = 8263\n',
};

function read(path: string): string {
  const text = FILES[path];
  if (text === undefined) throw new Error('no such file or directory');
  return text;
}

const sources = (argv: readonly string[], env = {}): DmSources => withDmConfiguration({ argv, env }, read);
function effective(argv: readonly string[], env = {}): [string, string] {
  const { address, logLevel } = loadConfig(SpanApiConfig, sources(argv, env));
  return [address, logLevel];
}
const { address: OURS } = new SpanApiConfig();

describe('withDmConfiguration', () => {
  it.each<[readonly string[], Record<string, string>, [string, string]]>([
    [[], {}, [OURS, 'info']],
    [['-config=full.toml'], {}, ['127.0.0.1:38261', 'warn']],
    [[], { TRACER_DM_CONFIG: 'full.toml' }, ['127.0.0.1:38261', 'warn']],
    [['--config', 'unknown.toml'], {}, [':39998', 'info']],
    [['-config=full.toml', '-L=info', '-log-file=', '-tracer-addr=127.0.0.1:38262'], {}, ['127.0.0.1:38262', 'info']],
    [['-enable=false', '-config=level.toml', '-log-format', 'json', '-L', 'ERROR'], {}, [OURS, 'error']],
    [['-config', 'level.toml', '--address', ':1'], {}, [':1', 'debug']],
    [[], { TRACER_DM_CONFIG: 'full.toml', TRACER_SPAN_API_ADDRESS: ':2' }, [':2', 'warn']],
    [['-L='], {}, [OURS, 'info']],
    [[], { TRACER_DM_CONFIG: '' }, [OURS, 'info']],
  ])('%j %j', (argv, env, expected) => {
    expect(effective(argv, env)).toEqual(expected);
  });

  it.each([
    [['-config=none.toml'], 'none.toml: no such file or directory'],
    [['-config=broken.toml'], 'broken.toml: line 1: expected a value'],
    [
      ['-config=wrong-level.toml'],
      'wrong-level.toml: log-level must be one of debug, info, warn, error, fatal, not "warning"',
    ],
    [['-config=wrong-type.toml'], 'wrong-type.toml: tracer-addr must be a string'],
    [['-L=warning'], '-L must be one of debug, info, warn, error, fatal, not "warning"'],
    [['-tracer-addr'], '-tracer-addr needs a value'],
    [['extra'], 'unknown argument "extra"'],
    [['--nope'], 'unknown argument "--nope"'],
  ])('refuses %j', (argv, message) => {
    expect(() => effective(argv)).toThrow(message);
  });

  it('says what it does not follow', () => {
    expect(sources(['-config=full.toml']).notes).toEqual([
      'log-file "dm.log" is not written: the log goes to standard output',
    ]);
    expect(sources(['-log-file=', '-log-format=text']).notes).toEqual([
      'log-format "text" is not known: the log is JSON',
    ]);
  });

  it('asks for the version as the published tracer did', () => {
    expect(sources(['-V']).argv).toEqual(['--version']);
  });
});
