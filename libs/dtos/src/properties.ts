import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';

interface Field {
  readonly description: string;
  readonly optional?: boolean;
}

/** One decorator per kind of field, so that what is validated and what Swagger shows cannot differ. */
export function IntField({
  min,
  max,
  description,
  optional = false,
}: Field & { readonly min: number; readonly max: number }): PropertyDecorator {
  return applyDecorators(
    document(optional, { type: 'integer', minimum: min, maximum: max, description }),
    IsInt(),
    Min(min),
    Max(max),
    ...(optional ? [IsOptional()] : []),
  );
}

export function StringField({
  maxLength,
  description,
  optional = false,
}: Field & { readonly maxLength: number }): PropertyDecorator {
  return applyDecorators(
    document(optional, { type: 'string', maxLength, description }),
    IsString(),
    MaxLength(maxLength),
    ...(optional ? [IsOptional()] : []),
  );
}

export function BooleanField({ description, optional = false }: Field): PropertyDecorator {
  return applyDecorators(
    document(optional, { type: 'boolean', description }),
    IsBoolean(),
    ...(optional ? [IsOptional()] : []),
  );
}

function document(optional: boolean, options: object): PropertyDecorator {
  return optional ? ApiPropertyOptional(options) : ApiProperty(options);
}
