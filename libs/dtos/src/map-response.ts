import { applyDecorators, type Type } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, getSchemaPath } from '@nestjs/swagger';

/** A 200 answer that is an object of `Value` by some name, as the container-tracer routes answer. */
export function ApiOkMap(Value: Type, key: string, description: string): ReturnType<typeof applyDecorators> {
  return applyDecorators(ApiExtraModels(Value), ApiOkResponse({ description, schema: mapOf(Value, key) }));
}

/** Schema of an object of `Value` by `key`. */
export function mapOf(Value: Type, key: string): MapSchema {
  return { type: 'object', description: `by ${key}`, additionalProperties: { $ref: getSchemaPath(Value) } };
}

interface MapSchema {
  type: 'object';
  description: string;
  additionalProperties: { $ref: string };
}
