import { parseArgs } from 'node:util';
import { COMMON_OPTIONS, type Command } from './command.js';
import { usageError } from './exit-codes.js';
import { Given } from './given.js';
import { didYouMean } from './nearest.js';

/** Reads the arguments of one command. Throws a usage error that names what is wrong and what was probably meant. */
export function readArguments(command: Command, argv: readonly string[]): Given {
  const options = { ...COMMON_OPTIONS, ...command.options };
  const { values, tokens } = parsed(command, options, argv);
  const terminator = tokens.find(({ kind }) => kind === 'option-terminator')?.index ?? argv.length;
  const operands: string[] = [];
  const rest: string[] = [];
  for (const token of tokens)
    if (token.kind === 'positional') (token.index > terminator ? rest : operands).push(token.value);
  const [least, most] = command.operands;
  if (values['help'] !== true) {
    if (operands.length < least)
      throw usageError(`${command.name}: ${missing(command, operands.length)} is missing`, usageLine(command));
    if (operands.length > most)
      throw usageError(`${command.name}: "${operands[most] ?? ''}" is one word too many`, usageLine(command));
    if (rest.length > 0 && command.takesRest !== true)
      throw usageError(`${command.name}: takes no arguments after "--"`, usageLine(command));
  }
  return new Given(values, operands, rest);
}

export function usageLine(command: Command): string {
  return `usage: tracer ${command.name} ${command.usage}`.trimEnd();
}

/** `<role>`: the operand that comes next, as the usage calls it. */
function missing({ usage }: Command, given: number): string {
  return usage.match(/<[^>]+>/g)?.[given] ?? 'something';
}

function parsed(command: Command, options: Command['options'], argv: readonly string[]) {
  const config = Object.fromEntries(
    Object.entries(options).map(([name, { type, short, multiple = false }]) => [
      name,
      { type, multiple, ...(short === undefined ? {} : { short }) },
    ]),
  );
  try {
    return parseArgs({ args: [...argv], options: config, strict: true, allowPositionals: true, tokens: true });
  } catch (error) {
    throw usageError(`${command.name}: ${explained(error, Object.keys(options))}`, usageLine(command));
  }
}

/** Node's own words speak of its API; ours of the command line. */
function explained(error: unknown, names: readonly string[]): string {
  const { code, message } = error as { code?: string; message: string };
  const [, option = ''] = /'(-{1,2}[^' <,=]+)/.exec(message) ?? [];
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION')
    return `there is no option ${option}${didYouMean(option.replace(/^-+/, ''), names).replace('"', '"--')}`;
  if (message.includes('ambiguous')) return `the value of ${option} begins with "-"; write --option=-value`;
  const long = /--[\w-]+/.exec(message)?.[0] ?? option;
  if (message.includes('argument missing')) return `${long} needs a value`;
  return message.includes('does not take') ? `${long} takes no value` : message;
}
