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
}

interface Source {
  readonly env: string | readonly string[];
  readonly flag?: string;
  readonly short?: string;
  readonly description: string;
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

function declare(kind: Setting['kind'], { env, flag, short, description }: Source): PropertyDecorator {
  return (target, key) => {
    const list = declared.get(target) ?? [];
    list.push({ field: String(key), kind, env: [env].flat(), flag, short, description });
    declared.set(target, list);
  };
}

/** A line of text; a field without a default is optional. */
export function TextSetting(
  source: Source & { readonly pattern?: RegExp; readonly expected?: string; readonly oneOf?: readonly string[] },
): PropertyDecorator {
  const { pattern, expected, oneOf } = source;
  return applyDecorators(
    declare('text', source),
    IsOptional(),
    IsString(),
    MaxLength(4096),
    ...(pattern ? [Matches(pattern, { message: `must be ${expected ?? String(pattern)}` })] : []),
    ...(oneOf ? [IsIn(oneOf, { message: `must be one of ${oneOf.join(', ')}` })] : []),
  );
}

export function IntSetting(source: Source & { readonly min: number; readonly max: number }): PropertyDecorator {
  const { min, max } = source;
  const message = `must be a whole number from ${min} to ${max}`;
  return applyDecorators(declare('int', source), IsInt({ message }), Min(min, { message }), Max(max, { message }));
}

/** True when the variable is merely present, whatever its value, as the published agents read theirs. */
export function SwitchSetting(source: Source): PropertyDecorator {
  return applyDecorators(declare('switch', source), IsBoolean());
}

/** Several values: the flag repeated, or one variable split at comma, semicolon, space or tab. */
export function ListSetting(source: Source): PropertyDecorator {
  return applyDecorators(declare('list', source), IsArray(), IsString({ each: true }));
}
