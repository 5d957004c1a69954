/** An option that a hook's description announces. */
export interface HookOption {
  /** `-s`, where there is one. */
  readonly short?: string;
  /** `--syscall` */
  readonly long: string;
  /** What its values are called (`NAME`); undefined for a switch. */
  readonly value?: string;
  /** Takes several values. */
  readonly several: boolean;
  readonly text: string;
}

export interface HookDescription {
  /** What the hook does. */
  readonly about: readonly string[];
  readonly options: readonly HookOption[];
  readonly notes: readonly string[];
}

const OPTION = /^\s*(?:(-\w)\s*,\s*)?(--[\w-]+)(?:[ =]([A-Z][A-Z_]*)(\.\.\.)?)?\s*:\s*(.*)$/;

/**
 * Finds the options in the lines that describe a hook, as the built-in ones have them
 * (`-s, --syscall NAME... : these calls only`). Lines of another form are kept as text: an external hook may say what it likes.
 */
export function readDescription(lines: readonly string[]): HookDescription {
  const about: string[] = [];
  const notes: string[] = [];
  const options: HookOption[] = [];
  for (const line of lines) {
    const [, short, long, value, several, text = ''] = OPTION.exec(line) ?? [];
    if (long !== undefined)
      options.push({
        ...(short !== undefined && { short }),
        long,
        ...(value !== undefined && { value }),
        several: several !== undefined,
        text,
      });
    else (options.length === 0 ? about : notes).push(line);
  }
  return { about, options, notes };
}

/** Values of options by their long name: words for one with a value, `true` for a switch. */
export type OptionValues = Readonly<Record<string, string | true>>;

/** The line of arguments that says the same. */
export function argumentLine(options: readonly HookOption[], values: OptionValues): string {
  return options
    .flatMap(({ long, value }) => {
      const given = values[long];
      if (given === undefined || given === '') return [];
      return value === undefined ? [long] : [long, ...words(String(given))];
    })
    .join(' ');
}

/**
 * What a line says of the options, so that a form can show it. `rest` are words that no option explains; with any of them a
 * form would change the meaning, and the line is edited as text.
 */
export function readArguments(options: readonly HookOption[], line: string): { values: OptionValues; rest: string[] } {
  const values: Record<string, string | true> = {};
  const rest: string[] = [];
  let open: HookOption | undefined;
  for (const word of words(line, /\s+/)) {
    const named = optionOf(options, word);
    if (named !== undefined) {
      const { option, joined } = named;
      values[option.long] = option.value === undefined ? true : (joined ?? '');
      open = takesMore(option, joined !== undefined) ? option : undefined;
    } else if (open === undefined || word.startsWith('-')) {
      rest.push(word);
    } else {
      values[open.long] = `${String(values[open.long])} ${word}`.trim();
      if (!open.several) open = undefined;
    }
  }
  return { values, rest };
}

/** The option that a word names, with what is joined to it by `=`. */
function optionOf(
  options: readonly HookOption[],
  word: string,
): { readonly option: HookOption; readonly joined: string | undefined } | undefined {
  const [name = '', joined] = word.startsWith('--') ? word.split(/=(.*)/s) : [word];
  const option = options.find(({ long, short }) => name === long || name === short);
  return option && { option, joined };
}

function takesMore({ value, several }: HookOption, hasValue: boolean): boolean {
  return value !== undefined && (several || !hasValue);
}

function words(text: string, separator = /[\s,]+/): string[] {
  return text.split(separator).filter((word) => word !== '');
}
