import { TracerError } from '@tracer/base';
import type { Setting } from './settings.js';

/** Values by field name, each a list in the order given. */
export type GivenFlags = ReadonlyMap<string, readonly string[]>;

/**
 * Reads `--flag value`, `--flag=value`, `-flag value` (as Go programs accept) and `-f value` of the given settings.
 * A switch takes no value, except `--switch=false`, which unsets it.
 * Throws CONFIG_INVALID naming every argument that is unknown or lacks its value.
 */
export function readFlags(argv: readonly string[], settings: readonly Setting[]): GivenFlags {
  const given = new Map<string, string[]>();
  const wrong: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at] ?? '';
    const [, name, inline] = /^--?([A-Za-z][\w-]*)(?:=([^]*))?$/.exec(argument) ?? [];
    const setting = settings.find(({ flag, short }) => name !== undefined && (flag === name || short === name));
    if (setting === undefined) {
      wrong.push(`unknown argument "${argument}"`);
      continue;
    }
    const value = inline ?? (setting.kind === 'switch' ? 'true' : argv[++at]);
    if (value === undefined) wrong.push(`--${String(setting.flag)} needs a value`);
    else given.set(setting.field, [...(given.get(setting.field) ?? []), value]);
  }
  if (wrong.length > 0) throw new TracerError('CONFIG_INVALID', `wrong command line: ${wrong.join('; ')}`);
  return given;
}

/** The text of `--help`: one line a setting, with its variable and default. */
export function usageOf(name: string, settings: readonly Setting[], defaults: object): string {
  const rows = settings.map(({ field, flag, short, env, description, kind }) => {
    const names = [...(short ? [`-${short}`] : []), ...(flag ? [`--${flag}`] : [])].join(', ');
    const fallback = Reflect.get(defaults, field) as unknown;
    const shown = fallback === undefined || kind === 'switch' ? '' : ` (default ${JSON.stringify(fallback)})`;
    return `  ${names.padEnd(24)} ${env.join(', ').padEnd(34)} ${description}${shown}`;
  });
  return `Usage: ${name} [options]\n\n  ${'flag'.padEnd(24)} ${'environment'.padEnd(34)} meaning\n${rows.join('\n')}\n`;
}
