import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { readBody } from '@tracer/service-kit';
import type { Request } from 'express';
import { firstJsonValue } from './first-json-value.js';
import { readFields } from './read-fields.js';

/** The body of a published route as a validated DTO; see `firstJsonValue` and `readFields` for how it is read. */
export const RequestBody = createParamDecorator(
  async (Dto: new () => object, context: ExecutionContext): Promise<object> =>
    readFields(Dto, firstJsonValue(await readBody(context.switchToHttp().getRequest<Request>()))),
);
