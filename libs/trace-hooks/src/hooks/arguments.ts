/**
 * The arguments of a native hook, in the manner of a usual command line:
 *
 *   -s read write -t 500    --syscall read --syscall=write,openat    -t500    --sys read (abbreviated)
 *
 * An option that takes names takes words until the next option. A hook declares its options once; parsing, error
 * messages and the description shown to users come from that declaration.
 */
import { TracerError } from '@tracer/base';
import { refuseForbidden, shown } from '../forbidden-options.js';

interface OptionBase {
  /** `syscall` for `--syscall`. */
  readonly long: string;
  /** `s` for `-s`. */
  readonly short: string;
  readonly help: string;
}

export interface NamesOption extends OptionBase {
  readonly kind: 'names';
  readonly placeholder: string;
  /** All there are, when that is a short list; what else a name may be is the hook's business. */
  readonly choices?: readonly string[];
}

export interface NumberOption extends OptionBase {
  readonly kind: 'number';
  /** `MS`, `US`: the unit is part of what a user must know. */
  readonly placeholder: string;
  readonly min: number;
  readonly max: number;
}

export interface FlagOption extends OptionBase {
  readonly kind: 'flag';
}

export type Option = NamesOption | NumberOption | FlagOption;

/** What was given, by the long name of the option. */
export class ParsedArguments {
  readonly #values = new Map<string, readonly string[]>();

  /** Adds the words of one more occurrence of an option. */
  add(option: Option, words: readonly string[]): void {
    this.#values.set(option.long, [...(this.#values.get(option.long) ?? []), ...words]);
  }

  /** All names given, in order and once each; empty if the option was not used. */
  names(option: NamesOption): string[] {
    return [...new Set(this.#values.get(option.long) ?? [])];
  }

  /** The last number given. */
  number(option: NumberOption): number | undefined {
    const last = this.#values.get(option.long)?.at(-1);
    return last === undefined ? undefined : Number(last);
  }

  flag(option: FlagOption): boolean {
    return this.#values.has(option.long);
  }
}

/** Every native hook can end by itself. The longest time is what a timer of 31 bits can count. */
export const TIME_OPTION: NumberOption = {
  kind: 'number',
  long: 'time',
  short: 't',
  placeholder: 'MS',
  min: 1,
  max: 2_147_483_647,
  help: 'end the session by itself after so many milliseconds',
};

/** @throws TracerError HOOK_ARGUMENT_INVALID naming the argument and what was expected instead */
export function parseArguments(args: readonly string[], options: readonly Option[]): ParsedArguments {
  refuseForbidden(args);
  const parsed = new ParsedArguments();
  for (let at = 0; at < args.length;) {
    const word = args[at] ?? '';
    const { option, attached } = optionOf(word, options);
    const following = wordsAfter(args, at);
    const words = wordsOf(option, word, attached, following);
    parsed.add(option, words);
    at += 1 + (attached === undefined ? takenOf(option, following) : 0);
  }
  return parsed;
}

/** The lines that tell a user about options: `-s, --syscall NAME... : text`. */
export function describeOptions(options: readonly Option[]): string[] {
  return options.map((option) => {
    const choices = option.kind === 'names' && option.choices !== undefined ? ` (${option.choices.join(', ')})` : '';
    return `${usageOf(option)} : ${option.help}${choices}`;
  });
}

interface FoundOption {
  readonly option: Option;
  /** The value in the same word: `--time=5`, `-t5`. */
  readonly attached: string | undefined;
}

function optionOf(word: string, options: readonly Option[]): FoundOption {
  const [, name = '', attached] = /^--([^=]*)(?:=(.*))?$/su.exec(word) ?? [];
  const [, letter, rest] = /^-([A-Za-z])=?(.*)$/su.exec(word) ?? [];
  if (letter !== undefined) {
    const option = options.find(({ short }) => short === letter);
    if (option !== undefined) return { option, attached: rest === '' ? undefined : rest };
  } else if (name !== '') {
    const exact = options.find(({ long }) => long === name);
    const candidates = exact === undefined ? options.filter(({ long }) => long.startsWith(name)) : [exact];
    const [option, another] = candidates;
    if (option !== undefined && another === undefined) return { option, attached };
  }
  const what = word.startsWith('-') ? 'is no option of this hook' : 'does not belong to an option';
  return invalid(`${shown(word)} ${what}; expected ${options.map(usageOf).join(', ')}`);
}

/** The words up to the next option; a negative number is a word and not an option. */
function wordsAfter(args: readonly string[], at: number): readonly string[] {
  const end = args.findIndex((word, index) => index > at && /^-(?!\d)./su.test(word));
  return args.slice(at + 1, end < 0 ? args.length : end);
}

function takenOf(option: Option, following: readonly string[]): number {
  if (option.kind === 'flag') return 0;
  return option.kind === 'number' ? 1 : following.length;
}

function wordsOf(
  option: Option,
  word: string,
  attached: string | undefined,
  following: readonly string[],
): readonly string[] {
  switch (option.kind) {
    case 'flag':
      if (attached !== undefined) invalid(`${shown(word)}: expected ${usageOf(option)}, which takes no value`);
      return [];
    case 'number':
      return [numberOf(option, attached ?? following[0])];
    case 'names':
      return namesOf(option, attached === undefined ? following : [attached]);
  }
}

function numberOf(option: NumberOption, text: string | undefined): string {
  const value = text !== undefined && /^\d{1,15}$/u.test(text) ? Number(text) : NaN;
  if (value >= option.min && value <= option.max) return String(value);
  const got = text === undefined ? 'nothing' : shown(text);
  return invalid(`${usageOf(option)}: expected a whole number from ${option.min} to ${option.max}, got ${got}`);
}

function namesOf(option: NamesOption, words: readonly string[]): string[] {
  const names = words.flatMap((word) => word.split(',')).filter((name) => name !== '');
  if (names.length === 0) invalid(`${usageOf(option)}: expected at least one name`);
  const { choices } = option;
  const unknown = choices === undefined ? undefined : names.find((name) => !choices.includes(name));
  if (unknown === undefined) return names;
  return invalid(`${usageOf(option)}: ${shown(unknown)} is none of ${(choices ?? []).join(', ')}`);
}

function usageOf(option: Option): string {
  const value = { names: '...', number: '', flag: '' }[option.kind];
  const placeholder = option.kind === 'flag' ? '' : ` ${option.placeholder}${value}`;
  return `-${option.short}, --${option.long}${placeholder}`;
}

/** @throws TracerError always */
export function invalid(message: string): never {
  throw new TracerError('HOOK_ARGUMENT_INVALID', `trace-arguments: ${message}`);
}
