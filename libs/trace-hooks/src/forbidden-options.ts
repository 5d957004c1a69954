/**
 * What a caller may hand to a hook, native or external.
 *
 * A hook runs as root. Which processes it looks at and which tracefs instance it uses is the agent's decision, so the
 * options that carry it (`--pid`, `--parent`, `--instance` and their short forms) must not arrive in a caller's words,
 * in no spelling that a usual option parser would understand:
 *
 *   --pid 1    --pid=1    --pi 1 (abbreviated)    -p 1    -p1    -xp1 (behind another flag)    '--pid' (quoted)
 */
import { TracerError } from '@tracer/base';

const FORBIDDEN_LONG = ['pid', 'parent', 'instance'] as const;
const FORBIDDEN_SHORT = ['p', 'i'] as const;
const REASON = 'the traced processes and the trace instance are chosen by the agent';
/** White space of every kind separates words in somebody's parser; control characters and half characters are no text. */
// eslint-disable-next-line no-control-regex
const NO_WORD = /[\s\u0000-\u001f\u007f-\u009f\p{Surrogate}]/u;
/** Characters that a manager which splits like a shell would take away again. */
const QUOTING = /['"`\\]/gu;

export const MAX_ARGUMENTS = 256;
export const MAX_ARGUMENTS_LENGTH = 4096;

/**
 * Refuses argument lists that are too long, that hold anything but single words, or that smuggle in an option of the
 * agent's.
 *
 * @throws TracerError HOOK_ARGUMENT_INVALID naming the argument
 */
export function refuseForbidden(args: readonly string[]): void {
  if (args.length > MAX_ARGUMENTS) invalid(`trace-arguments: ${args.length} words, at most ${MAX_ARGUMENTS} are taken`);
  const length = args.reduce((sum, argument) => sum + argument.length + 1, 0);
  if (length > MAX_ARGUMENTS_LENGTH) invalid(`trace-arguments: longer than ${MAX_ARGUMENTS_LENGTH} characters`);
  for (const argument of args) {
    if (argument === '') invalid('trace-arguments: an argument is empty');
    if (NO_WORD.test(argument)) {
      invalid(`trace-arguments: ${shown(argument)} holds white space or a control character`);
    }
    const option = forbiddenOption(argument);
    if (option !== undefined) invalid(`trace-arguments: ${shown(argument)} would set ${option}; ${REASON}`);
  }
}

/** The agent's option that `argument` would set for some usual parser, or undefined. */
export function forbiddenOption(argument: string): string | undefined {
  const word = argument.replace(QUOTING, '');
  if (word.startsWith('--')) return forbiddenLong(word.slice(2));
  if (!word.startsWith('-') || word === '-') return undefined;
  const cluster = /^[^=]*/u.exec(word.slice(1))?.[0] ?? '';
  const letter = FORBIDDEN_SHORT.find((short) => cluster.includes(short));
  return letter === undefined ? undefined : `-${letter}`;
}

/** `--pi` is `--pid` for argparse: every non-empty beginning of a forbidden name counts as that name. */
function forbiddenLong(word: string): string | undefined {
  const name = (/^[^=]*/u.exec(word)?.[0] ?? '').toLowerCase();
  if (name === '') return undefined;
  const match = FORBIDDEN_LONG.find((long) => long.startsWith(name));
  return match === undefined ? undefined : `--${match}`;
}

/** An argument as it may stand in an error message: quoted, on one line, of bounded length. */
export function shown(argument: string): string {
  const text = JSON.stringify(argument);
  return text.length > 80 ? `${text.slice(0, 77)}…"` : text;
}

function invalid(message: string): never {
  throw new TracerError('HOOK_ARGUMENT_INVALID', message);
}
