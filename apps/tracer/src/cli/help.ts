import { COMMON_OPTIONS, type Command } from './command.js';
import { OWN_COMMANDS } from './commands.js';
import { usageLine } from './arguments.js';

/** `tracer help`. */
export function overview(commands: readonly Command[]): string {
  const rows = [
    ['up', OWN_COMMANDS.up],
    ...commands.map(({ name, summary }) => [name, summary]),
    ...Object.entries(OWN_COMMANDS).filter(([name]) => name !== 'up'),
  ];
  const lines = rows.map(([name = '', summary = '']) => `  ${name.padEnd(16)} ${summary}`);
  return [
    'tracer: record, index, query and look at traces',
    '',
    'usage: tracer <command> [argument...]',
    '',
    ...lines,
    '',
    'Every command takes --json, --url URL (TRACER_URL), --token TOKEN (TRACER_TOKEN) and --help.',
    'Exit codes: 0 done, 1 refused or failed, 2 wrong command line, 3 no gateway, 4 done but incomplete (events lost or',
    'nodes missing), 130 interrupted.',
    '',
  ].join('\n');
}

/** `tracer help run` */
export function helpOf(command: Command): string {
  const options = Object.entries({ ...command.options, ...COMMON_OPTIONS }).map(([name, option]) => {
    const short = option.short === undefined ? '' : `-${option.short}, `;
    const value = option.value === undefined ? '' : ` ${option.value}`;
    return `  ${`${short}--${name}${value}`.padEnd(24)} ${option.description}`;
  });
  const examples = (command.examples ?? []).map((example) => `  ${example}`);
  return [
    usageLine(command),
    '',
    command.summary,
    '',
    ...options,
    ...(examples.length > 0 ? ['', 'examples:', ...examples] : []),
    '',
  ].join('\n');
}
