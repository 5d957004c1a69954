import { readFileSync } from 'node:fs';
import { reasonOf, TracerError } from '@tracer/base';
import type { ConfigSources } from '@tracer/service-kit';
import { parseToml, type TomlValue } from './toml.js';

/** Levels of the published tracer, which are levels of ours too. */
const LEVELS = ['debug', 'info', 'warn', 'error', 'fatal'];

/** What the command line of the published tracer comes to here. */
interface Translation {
  readonly argv: string[];
  readonly notes: string[];
  config?: string;
}

/** Flags of the published tracer, and what they do. `enable` has no effect there either. */
const FLAGS: Readonly<Record<string, (value: string, into: Translation) => void>> = {
  config: (path, into) => (into.config = path),
  'tracer-addr': (address, { argv }) => argv.push('--address', address),
  L: (level, { argv }) => argv.push('--log-level', levelOf(level, '-L')),
  'log-file': (path, { notes }) => {
    noteLogFile(path, notes);
  },
  'log-format': (format, { notes }) => {
    noteLogFormat(format, notes);
  },
  enable: () => undefined,
  V: (_, { argv }) => argv.push('--version'),
};
const SWITCHES = new Set(['enable', 'V']);

/** What of a configuration of the published tracer is not followed, in words. */
export interface DmSources extends ConfigSources {
  readonly notes: readonly string[];
}

/**
 * Lets a configuration of the published DM tracer work: its flags become ours, and the file named by `-config` or
 * TRACER_DM_CONFIG sets what neither a flag nor a variable sets. Throws CONFIG_INVALID naming the file and the line.
 */
export function withDmConfiguration(
  { env, argv = [] }: ConfigSources,
  readFile: (path: string) => string = (path) => readFileSync(path, 'utf8'),
): DmSources {
  const translation = translated(argv);
  const { notes } = translation;
  const path = translation.config ?? env['TRACER_DM_CONFIG'];
  const file = path === undefined || path === '' ? {} : fromFile(path, readFile, notes);
  return { env: { ...file, ...env }, argv: translation.argv, notes };
}

function translated(argv: readonly string[]): Translation {
  const into: Translation = { argv: [], notes: [] };
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at] ?? '';
    const [, name = '', inline] = /^--?([A-Za-z][\w-]*)(?:=([^]*))?$/.exec(argument) ?? [];
    const use = FLAGS[name];
    if (use === undefined) {
      into.argv.push(argument);
      continue;
    }
    const value = inline ?? (SWITCHES.has(name) ? 'true' : argv[++at]);
    if (value === undefined) throw new TracerError('CONFIG_INVALID', `-${name} needs a value`);
    use(value, into);
  }
  return into;
}

function fromFile(path: string, readFile: (path: string) => string, notes: string[]): Record<string, string> {
  let values: Map<string, TomlValue>;
  try {
    values = parseToml(readFile(path));
  } catch (error) {
    throw new TracerError('CONFIG_INVALID', `${path}: ${reasonOf(error)}`);
  }
  const text = (key: string): string | undefined => {
    const value = values.get(key);
    if (value === undefined || typeof value === 'string') return value;
    throw new TracerError('CONFIG_INVALID', `${path}: ${key} must be a string`);
  };
  const [address, level] = [text('tracer-addr'), text('log-level')];
  noteLogFile(text('log-file'), notes);
  noteLogFormat(text('log-format'), notes);
  return {
    ...(address !== undefined && { TRACER_SPAN_API_ADDRESS: address }),
    ...(level !== undefined && { TRACER_LOG_LEVEL: levelOf(level, `${path}: log-level`) }),
  };
}

/** Any case; empty means info. */
function levelOf(text: string, where: string): string {
  const level = text === '' ? 'info' : text.toLowerCase();
  if (LEVELS.includes(level)) return level;
  throw new TracerError('CONFIG_INVALID', `${where} must be one of ${LEVELS.join(', ')}, not "${text}"`);
}

function noteLogFile(path: string | undefined, notes: string[]): void {
  if (path !== undefined && path !== '')
    notes.push(`log-file "${path}" is not written: the log goes to standard output`);
}

function noteLogFormat(format: string | undefined, notes: string[]): void {
  if (format !== undefined && format !== 'json') notes.push(`log-format "${format}" is not known: the log is JSON`);
}
