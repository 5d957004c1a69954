import { applyDecorators } from '@nestjs/common';
import { IsArray, IsBoolean, IsIn, IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';

/** How one field of a configuration class is set: by flag, by environment, else by its default. */
export interface Setting {
  readonly field: string;
  readonly kind: 'text' | 'int' | 'switch' | 'list';
  /** Environment variables, the first that is set wins. */
  readonly env: readonly string[];
  /** Long flag without dashes; `-flag` and `--flag` are both understood, as Go programs do. */
  readonly flag: string | undefined;
  /** One-letter alias of the flag. */
  readonly short: string | undefined;
  readonly description: string;
  /** Its value is never shown, not even when it is wrong. */
  readonly secret: boolean;
  /** A switch that is on when its variable is there at all, even as `0`. */
  readonly onWhenPresent: boolean;
}

interface Source {
  readonly env: string | readonly string[];
  readonly flag?: string;
  readonly short?: string;
  readonly description: string;
  readonly secret?: boolean;
}

const declared = new WeakMap<object, Setting[]>();

/** The settings of a configuration class, base classes first, in the order they were declared. */
export function settingsOf(Config: new () => object): Setting[] {
  const chain: Setting[][] = [];
  for (
    let type: unknown = Config.prototype;
    typeof type === 'object' && type !== null;
    type = Object.getPrototypeOf(type)
  )
    chain.unshift(declared.get(type) ?? []);
  return chain.flat();
}

function declare(
  kind: Setting['kind'],
  { env, flag, short, description, secret = false }: Source,
  onWhenPresent = false,
): PropertyDecorator {
  return (target, key) => {
    const list = declared.get(target) ?? [];
    list.push({ field: String(key), kind, env: [env].flat(), flag, short, description, secret, onWhenPresent });
    declared.set(target, list);
  };
}

/** A line of text; a field without a default is optional. */
export function TextSetting(
  source: Source & {
    readonly pattern?: RegExp;
    readonly expected?: string;
    readonly oneOf?: readonly string[];
    /** Most characters, 4096 unless told. */
    readonly longest?: number;
  },
): PropertyDecorator {
  const { pattern, expected, oneOf, longest = 4096 } = source;
  return applyDecorators(
    declare('text', source),
    IsOptional(),
    IsString(),
    MaxLength(longest, { message: `must have at most ${longest} characters` }),
    ...(pattern ? [Matches(pattern, { message: `must be ${expected ?? String(pattern)}` })] : []),
    ...(oneOf ? [IsIn(oneOf, { message: `must be one of ${oneOf.join(', ')}` })] : []),
  );
}

export function IntSetting(source: Source & { readonly min: number; readonly max: number }): PropertyDecorator {
  const { min, max } = source;
  const message = `must be a whole number from ${min} to ${max}`;
  return applyDecorators(declare('int', source), IsInt({ message }), Min(min, { message }), Max(max, { message }));
}

/**
 * On or off; a variable that is empty or says `0`, `false`, `no` or `off` switches off. The published agents take theirs
 * for on when they are merely present: `onWhenPresent`.
 */
export function SwitchSetting(source: Source & { readonly onWhenPresent?: boolean }): PropertyDecorator {
  return applyDecorators(declare('switch', source, source.onWhenPresent), IsBoolean());
}

/** Several values: the flag repeated, or one variable split at comma, semicolon, space or tab. */
export function ListSetting(source: Source): PropertyDecorator {
  return applyDecorators(declare('list', source), IsArray(), IsString({ each: true }));
}
