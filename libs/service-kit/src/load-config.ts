import { TracerError } from '@tracer/base';
import { validateSync } from 'class-validator';
import { readFlags } from './command-line.js';
import { settingsOf, type Setting } from './settings.js';

/** Where a configuration is read from; tests hand in their own. */
export interface ConfigSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly argv?: readonly string[];
}

/**
 * Fills a configuration class: a flag wins over its environment variable, that over the default. The result is frozen.
 * Throws CONFIG_INVALID with one message that names every wrong flag or variable, what was given and what was expected.
 */
export function loadConfig<T extends object>(Config: new () => T, { env, argv = [] }: ConfigSources): Readonly<T> {
  const config = new Config();
  const settings = settingsOf(Config);
  const flags = readFlags(argv, settings);
  const origin = new Map<string, string>();
  for (const setting of settings) {
    const name = setting.env.find((candidate) => env[candidate] !== undefined);
    const given = flags.get(setting.field) ?? (name === undefined ? undefined : [env[name] ?? '']);
    if (given === undefined) continue;
    const fromFlag = flags.has(setting.field);
    origin.set(setting.field, fromFlag ? `--${setting.flag ?? ''}` : (name ?? ''));
    Reflect.set(config, setting.field, valueOf(setting, given, fromFlag));
  }
  const wrong = validateSync(config).map(({ property, value, constraints = {} }) => {
    const setting = settings.find(({ field }) => field === property);
    const where = origin.get(property) ?? setting?.env[0] ?? property;
    const shown = setting?.secret === true ? '(not shown)' : JSON.stringify(value);
    return `${where}=${shown} ${[...new Set(Object.values(constraints))].join(', ')}`;
  });
  if (wrong.length > 0) throw new TracerError('CONFIG_INVALID', `wrong configuration: ${wrong.join('; ')}`);
  return Object.freeze(config);
}

/** What switches a switch off. */
const OFF = /^(0|false|no|off|)$/i;

function valueOf({ kind, onWhenPresent }: Setting, given: readonly string[], fromFlag: boolean): unknown {
  const last = given.at(-1) ?? '';
  if (kind === 'switch') return (onWhenPresent && !fromFlag) || !OFF.test(last);
  if (kind === 'int') return /^[+-]?\d+$/.test(last) ? Number(last) : last;
  if (kind === 'list') return given.flatMap((text) => text.split(/[,; \t]+/)).filter((text) => text !== '');
  return last;
}
