import { applyDecorators } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import { TracerError } from '@tracer/base';

type Schema = Readonly<Record<string, unknown>>;

/** The parameters of a request: every value of each name, in order. */
export class QueryValues {
  readonly #values: URLSearchParams;

  constructor(url: string) {
    const question = url.indexOf('?');
    this.#values = new URLSearchParams(question < 0 ? '' : url.slice(question + 1));
  }

  all(name: string): string[] {
    return this.#values.getAll(name);
  }
}

/**
 * One query parameter: how it is read, and how the API document shows it, in one place. Reading throws VALIDATION with a
 * message that names the parameter and what was expected.
 */
export interface Parameter<T> {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  readonly schema: Schema;
  /** May the parameter be given more than once? */
  readonly repeatable: boolean;
  read(values: QueryValues): T;
}

/** Documents the parameters of a route. */
export function ApiParameters(...parameters: readonly Parameter<unknown>[]): MethodDecorator {
  return applyDecorators(
    ...parameters.map(({ name, description, required, schema, repeatable }) =>
      ApiQuery({ name, description, required, schema: repeatable ? { type: 'array', items: schema } : schema }),
    ),
  );
}

interface About {
  readonly description: string;
}

export function invalid(name: string, given: string, expected: string): TracerError {
  return new TracerError('VALIDATION', `Invalid parameter ${name}: expected ${expected}, got ${JSON.stringify(given)}`);
}

/** The one value of a parameter; `undefined` when it is not given. */
function single(values: QueryValues, name: string): string | undefined {
  const [value, ...more] = values.all(name);
  if (more.length > 0) throw new TracerError('VALIDATION', `Invalid parameter ${name}: given more than once`);
  return value;
}

const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

function numberIn(name: string, text: string, expected: string): number {
  const value = NUMBER.test(text) ? Number(text) : NaN;
  if (!Number.isFinite(value)) throw invalid(name, text, expected);
  return value;
}

/** A plain decimal number with optional fraction and exponent. */
export function numberParameter(name: string, { description }: About): Parameter<number | undefined> {
  return {
    ...{ name, description, required: false, repeatable: false },
    schema: { type: 'number' },
    read(values) {
      const text = single(values, name);
      return text === undefined ? undefined : numberIn(name, text, 'a plain decimal number');
    },
  };
}

/** A number that must be there. */
export function requiredNumberParameter(name: string, about: About): Parameter<number> {
  const optional = numberParameter(name, about);
  return {
    ...optional,
    required: true,
    read(values) {
      const value = optional.read(values);
      if (value === undefined) throw new TracerError('VALIDATION', `Missing required parameter: ${name}`);
      return value;
    },
  };
}

export function integerParameter<F extends number | undefined>(
  name: string,
  { description, min, max, fallback }: About & { readonly min: number; readonly max: number; readonly fallback: F },
): Parameter<number | F> {
  return {
    ...{ name, description, required: false, repeatable: false },
    schema: { type: 'integer', minimum: min, maximum: max, ...(fallback === undefined ? {} : { default: fallback }) },
    read(values) {
      const text = single(values, name);
      if (text === undefined) return fallback;
      const expected = `a whole number from ${min} to ${max}`;
      const value = numberIn(name, text, expected);
      if (!Number.isInteger(value) || value < min || value > max) throw invalid(name, text, expected);
      return value;
    },
  };
}

/**
 * A list, separated by commas or by repeating the parameter; a value of a repeated parameter may hold commas.
 *
 * @param emptyIsText what `name=` alone means: the empty text, or nothing, like an empty field of a form
 */
export function listParameter(
  name: string,
  { description, emptyIsText = false }: About & { readonly emptyIsText?: boolean },
): Parameter<readonly string[] | undefined> {
  return {
    ...{ name, description, required: false, repeatable: true },
    schema: { type: 'string' },
    read(values) {
      const given = values.all(name);
      const list = given.flatMap((value) => [...new Set([...(given.length > 1 ? [value] : []), ...value.split(',')])]);
      const named = list.filter((value) => value !== '');
      if (named.length > 0) return named;
      return emptyIsText && given.length === 1 && given[0] === '' ? [''] : undefined;
    },
  };
}

/** Texts, each exactly as given. */
export function textsParameter(name: string, { description }: About): Parameter<readonly string[]> {
  return {
    ...{ name, description, required: false, repeatable: true },
    schema: { type: 'string' },
    read: (values) => values.all(name).filter((value) => value !== ''),
  };
}

export function requiredTextParameter(name: string, { description }: About): Parameter<string> {
  return {
    ...{ name, description, required: true, repeatable: false },
    schema: { type: 'string' },
    read(values) {
      const value = single(values, name) ?? '';
      if (value === '') throw new TracerError('VALIDATION', `Missing required parameter: ${name}`);
      return value;
    },
  };
}

export function choiceParameter<const C extends string, F extends C | undefined>(
  name: string,
  { description, choices, fallback }: About & { readonly choices: readonly C[]; readonly fallback: F },
): Parameter<C | F> {
  return {
    ...{ name, description, required: false, repeatable: false },
    schema: { type: 'string', enum: choices, ...(fallback === undefined ? {} : { default: fallback }) },
    read(values) {
      const text = single(values, name);
      if (text === undefined) return fallback;
      const choice = choices.find((candidate) => candidate === text);
      if (choice === undefined) throw invalid(name, text, `one of ${choices.join(', ')}`);
      return choice;
    },
  };
}

/** A choice that must be made. */
export function requiredChoiceParameter<const C extends string>(
  name: string,
  about: About & { readonly choices: readonly C[] },
): Parameter<C> {
  const optional = choiceParameter(name, { ...about, fallback: undefined });
  return {
    ...optional,
    required: true,
    read(values) {
      const value = optional.read(values);
      if (value === undefined) throw new TracerError('VALIDATION', `Missing required parameter: ${name}`);
      return value;
    },
  };
}

const FLAGS = new Map([
  ['0', false],
  ['1', true],
  ['false', false],
  ['true', true],
]);

export function flagParameter(
  name: string,
  { description, fallback = false }: About & { readonly fallback?: boolean },
): Parameter<boolean> {
  return {
    ...{ name, description, required: false, repeatable: false },
    schema: { type: 'string', enum: [...FLAGS.keys()], default: fallback ? '1' : '0' },
    read(values) {
      const text = single(values, name);
      if (text === undefined) return fallback;
      const value = FLAGS.get(text);
      if (value === undefined) throw invalid(name, text, '0 or 1');
      return value;
    },
  };
}

/** A JSON text; `undefined` when absent or empty. */
export function jsonParameter(name: string, { description }: About): Parameter<unknown> {
  return {
    ...{ name, description, required: false, repeatable: false },
    schema: { type: 'string' },
    read(values) {
      const text = single(values, name);
      if (text === undefined || text === '') return undefined;
      try {
        return JSON.parse(text) as unknown;
      } catch {
        throw invalid(name, text, 'JSON');
      }
    },
  };
}
