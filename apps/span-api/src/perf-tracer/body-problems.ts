/** What is wrong with a request, as pydantic says it. */
export interface Problem {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input: unknown;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

/** A request that fails validation: 422 with all that is wrong. */
export class ProblemsError extends Error {
  constructor(readonly problems: readonly Problem[]) {
    super(problems.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; '));
  }
}

/** Longest tag, id or step name, in UTF-16 units. */
export const TEXT_CHARACTERS = 1024;
/** A text that is refused for its length is not sent back whole. */
const ECHOED_CHARACTERS = 100;
/** Nor is anything else that is larger than this, in values and characters. */
const ECHOED_SIZE = 2_000;
const TRUE = new Set(['1', 'on', 't', 'true', 'y', 'yes']);
const FALSE = new Set(['0', 'off', 'f', 'false', 'n', 'no']);

type Loc = readonly (string | number)[];

/**
 * Takes an object apart and remembers everything that is wrong with it, in the order of the questions. What it gives back
 * for a wrong member is a stand-in: `done` throws before anybody uses it.
 */
export class Checked {
  private constructor(
    private readonly object: Readonly<Record<string, unknown>>,
    private readonly loc: Loc,
    private readonly problems: Problem[],
  ) {}

  /** Of something that must be an object. */
  static of(value: unknown, loc: Loc, problems: Problem[] = []): Checked {
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return new Checked(value as Record<string, unknown>, loc, problems);
    problems.push(
      value === undefined || value === null
        ? { type: 'missing', loc, msg: 'Field required', input: null }
        : {
            type: 'model_attributes_type',
            loc,
            msg: 'Input should be a valid dictionary or object to extract fields from',
            input: echo(value),
          },
    );
    return new Checked(HAS_EVERYTHING, loc, problems);
  }

  text(name: string): string {
    return this.#has(name) ? this.#text(name, this.object[name]) : this.#missing(name, '');
  }

  optionalText(name: string): string | null {
    const value = this.object[name];
    return !this.#has(name) || value === null || this.object === HAS_EVERYTHING ? null : this.#text(name, value);
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.object[name];
    if (!this.#has(name) || this.object === HAS_EVERYTHING) return fallback;
    if (typeof value === 'boolean') return value;
    const word = typeof value === 'string' || typeof value === 'number' ? String(value).toLowerCase() : undefined;
    if (word === undefined) return this.#wrong(name, 'bool_type', 'Input should be a valid boolean', value, fallback);
    if (TRUE.has(word) || FALSE.has(word)) return TRUE.has(word);
    const msg = 'Input should be a valid boolean, unable to interpret input';
    return this.#wrong(name, 'bool_parsing', msg, value, fallback);
  }

  /** A number from 0 to `most`; undefined when it is absent and may be. */
  optionalNumber(name: string, most: number): number | undefined {
    const value = this.object[name];
    if (!this.#has(name) || value === null || this.object === HAS_EVERYTHING) return undefined;
    if (typeof value === 'number' && value >= 0 && value <= most) return value;
    const isNumber = typeof value === 'number';
    const msg = isNumber ? `Input should be from 0 to ${most}` : 'Input should be a valid number';
    return this.#wrong(name, isNumber ? 'out_of_range' : 'float_type', msg, value, 0);
  }

  number(name: string, most: number): number {
    return this.#has(name) ? (this.optionalNumber(name, most) ?? 0) : this.#missing(name, 0);
  }

  /** The objects of a list of at most `most`. */
  list(name: string, most: number): Checked[] {
    if (!this.#has(name)) return this.#missing(name, []);
    const value = this.object[name];
    if (this.object === HAS_EVERYTHING) return [];
    if (!Array.isArray(value)) return this.#wrong(name, 'list_type', 'Input should be a valid list', value, []);
    if (value.length > most)
      return this.#wrong(name, 'too_long', `List should have at most ${most} items`, value.length, []);
    return value.map((item: unknown, index) => Checked.of(item, [...this.loc, name, index], this.problems));
  }

  /** Notes that a member is wrong for a reason of its own. */
  refuse(name: string, msg: string): void {
    this.#wrong(name, 'value_error', `Value error, ${msg}`, this.object[name], undefined);
  }

  /** Throws ProblemsError when anything was wrong. */
  done(): void {
    if (this.problems.length > 0) throw new ProblemsError(this.problems);
  }

  #has(name: string): boolean {
    return this.object === HAS_EVERYTHING || Object.hasOwn(this.object, name);
  }

  #text(name: string, value: unknown): string {
    if (this.object === HAS_EVERYTHING) return '';
    if (typeof value !== 'string') return this.#wrong(name, 'string_type', 'Input should be a valid string', value, '');
    if (value.length > TEXT_CHARACTERS) {
      const msg = `String should have at most ${TEXT_CHARACTERS} characters`;
      const beginning = `${wellFormed(value.slice(0, ECHOED_CHARACTERS))}…`;
      return this.#wrong(name, 'string_too_long', msg, beginning, '', { max_length: TEXT_CHARACTERS });
    }
    if (wellFormed(value) === value) return value;
    const msg = 'Input should be a valid string, unable to parse raw data as a unicode string';
    return this.#wrong(name, 'string_unicode', msg, wellFormed(value), '');
  }

  #missing<T>(name: string, standIn: T): T {
    return this.#wrong(name, 'missing', 'Field required', this.object, standIn);
  }

  #wrong<T>(name: string, type: string, msg: string, input: unknown, standIn: T, ctx?: Problem['ctx']): T {
    this.problems.push({ type, loc: [...this.loc, name], msg, input: echo(input), ...(ctx && { ctx }) });
    return standIn;
  }
}

/** Stands for something that was no object: nothing more is said about its members. */
const HAS_EVERYTHING: Readonly<Record<string, unknown>> = Object.freeze({});

/** What was given, or '…' with its beginning when it is too large to send back: deep nesting could not even be written. */
function echo(input: unknown): unknown {
  if (typeof input === 'string' && input.length > ECHOED_SIZE)
    return `${wellFormed(input.slice(0, ECHOED_CHARACTERS))}…`;
  const left: unknown[] = [input];
  let size = 0;
  while (left.length > 0 && size <= ECHOED_SIZE) {
    const value = left.pop();
    size += typeof value === 'string' ? value.length : 1;
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, member] of Object.entries(value).slice(0, ECHOED_SIZE)) left.push(key, member);
  }
  return size > ECHOED_SIZE ? '…' : input;
}

/** The text without halves of surrogate pairs, which no encoding of Unicode can hold. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}
