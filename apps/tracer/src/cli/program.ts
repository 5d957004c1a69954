import { reasonOf } from '@tracer/base';
import { withoutControls } from '../control-characters.js';
import { readArguments } from './arguments.js';
import type { Command } from './command.js';
import { commandAt, completionScript, propose, SHELLS, wordsOf, type Proposal } from './completion.js';
import { COMMANDS, OWN_COMMANDS } from './commands.js';
import { CliError, EXIT, usageError } from './exit-codes.js';
import { Gateway } from './gateway.js';
import { Given } from './given.js';
import { helpOf, overview } from './help.js';
import { didYouMean } from './nearest.js';
import { Output, type Sink } from './output.js';

const DEFAULT_URL = 'http://localhost:8080';

export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: Sink;
  readonly err: Sink;
  /** Aborted by Ctrl-C. */
  readonly interrupted: AbortSignal;
  readonly nowMs?: () => number;
}

/** Runs one command line (without `up`, which is a program of its own) and resolves with the exit code. */
export async function runCli(argv: readonly string[], world: World): Promise<number> {
  try {
    return await dispatch(argv, world);
  } catch (error) {
    if (world.interrupted.aborted && !(error instanceof CliError)) return EXIT.interrupted;
    const failure =
      error instanceof CliError
        ? error
        : new CliError(EXIT.failed, `unexpected: ${reasonOf(error)}`, [String((error as Error).stack)]);
    if (failure.exitCode !== EXIT.interrupted) {
      const output = new Output(world.out, world.err, false, false);
      output.note(`tracer: ${failure.message}`);
      for (const hint of failure.hints) output.note(`  ${hint}`);
    }
    return failure.exitCode;
  }
}

async function dispatch(argv: readonly string[], world: World): Promise<number> {
  const [first = 'help', ...rest] = argv;
  const output = new Output(world.out, world.err, false, false);
  switch (first) {
    case 'help':
    case '--help':
    case '-h':
      output.out.write(helpText(rest));
      return EXIT.ok;
    case 'version':
    case '--version':
      output.line(`tracer ${(await import('./version.js')).VERSION}`);
      return EXIT.ok;
    case 'completion':
      output.out.write(scriptFor(rest));
      return EXIT.ok;
    case '__complete':
      return complete(rest, world);
    default:
      return runNamed(argv, world);
  }
}

function helpText(words: readonly string[]): string {
  if (words.length === 0) return overview(COMMANDS);
  return helpOf(commandNamed(words));
}

function scriptFor([shell]: readonly string[]): string {
  const known = SHELLS.find((name) => name === shell);
  if (known === undefined)
    throw usageError(`completion: say which shell: ${SHELLS.join(', ')}`, 'source <(tracer completion bash)');
  return completionScript(known);
}

async function complete(words: readonly string[], world: World): Promise<number> {
  const proposal = proposalFor(words);
  const gateway = gatewayOf(new Given({}, []), world);
  const typed = words.at(-1) ?? '';
  const found = await wordsOf(proposal, gateway).catch(() => []);
  // A name with a control character would be two words, or write to the terminal.
  const shown = found.filter((word) => word === withoutControls(word) && !word.includes('\t'));
  for (const word of shown) if (word.startsWith(typed) || word.startsWith(':')) world.out.write(`${word}\n`);
  return EXIT.ok;
}

function proposalFor(words: readonly string[]): Proposal {
  const [first, ...rest] = words;
  if (first === 'completion' && rest.length === 1) return { words: SHELLS };
  // Behind `help` the commands come as they do at the beginning.
  return propose(first === 'help' && rest.length > 0 ? rest : words, COMMANDS, Object.keys(OWN_COMMANDS));
}

async function runNamed(argv: readonly string[], world: World): Promise<number> {
  const command = commandNamed(argv);
  const given = readArguments(command, withoutName(argv, command));
  if (given.flag('help')) {
    world.out.write(helpOf(command));
    return EXIT.ok;
  }
  const colours = world.env['NO_COLOR'] === undefined || world.env['NO_COLOR'] === '';
  return command.run({
    given,
    gateway: gatewayOf(given, world),
    token: tokenOf(given, world),
    output: new Output(world.out, world.err, given.flag('json'), colours),
    interrupted: world.interrupted,
    nowMs: world.nowMs ?? Date.now,
  });
}

function gatewayOf(given: Given, world: World): Gateway {
  const url = given.text('url') ?? world.env['TRACER_URL'] ?? '';
  return Gateway.at(url === '' ? DEFAULT_URL : url, tokenOf(given, world), world.interrupted);
}

function tokenOf(given: Given, { env }: World): string | undefined {
  const token = given.text('token') ?? env['TRACER_TOKEN'];
  return token === undefined || token === '' ? undefined : token;
}

/** The command that the words begin with. Throws a usage error with the nearest one. */
function commandNamed(argv: readonly string[]): Command {
  const [first = '', second = ''] = argv;
  const command = commandAt(first.startsWith('-') ? [] : first === '' ? [] : [first, second], COMMANDS);
  if (command === undefined) throw usageError(...unknown(first, second));
  const inner = innerNames(first);
  // `sessions stpo` is not the list of sessions with an operand.
  if (inner.length > 0 && command.name !== `${first} ${second}` && second !== '' && !second.startsWith('-'))
    throw usageError(`"${first}" has no "${second}"${didYouMean(second, inner)}`, `there are: ${inner.join(', ')}`);
  return command;
}

function innerNames(first: string): string[] {
  return COMMANDS.flatMap(({ name }) => (name.startsWith(`${first} `) ? [name.slice(first.length + 1)] : []));
}

function unknown(first: string, second: string): [string, ...string[]] {
  const inner = innerNames(first);
  if (inner.length > 0)
    return [
      second === '' ? `"${first}" wants one more word` : `"${first}" has no "${second}"${didYouMean(second, inner)}`,
      `there are: ${inner.join(', ')}`,
    ];
  if (first.startsWith('-')) return [`"${first}": options come after the command`, 'tracer help   lists the commands'];
  // `tracer stop 7` is what somebody writes who has not yet learned that sessions are stopped.
  const fuller = COMMANDS.filter(({ name }) => name.endsWith(` ${first}`)).map(({ name }) => `tracer ${name}`);
  if (fuller.length > 0) return [`there is no command "${first}"`, `there is:  ${fuller.join('   ')}`];
  const names = [...COMMANDS.map(({ name }) => name.split(' ')[0] ?? ''), ...Object.keys(OWN_COMMANDS)];
  return [`there is no command "${first}"${didYouMean(first, names)}`, 'tracer help   lists them'];
}

function withoutName(argv: readonly string[], { name }: Command): string[] {
  const [, second] = name.split(' ');
  return argv.slice(second !== undefined && argv[1] === second ? 2 : 1);
}
