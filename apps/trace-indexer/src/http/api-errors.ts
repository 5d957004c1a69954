import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { TraceErrorDto } from '@tracer/dtos';

/** The failures of a route over files: all have the body that was published for them. */
export function ApiEventErrors(): MethodDecorator {
  const failure = (status: number, description: string): MethodDecorator =>
    ApiResponse({ status, description, type: TraceErrorDto });
  return applyDecorators(
    failure(400, 'A parameter is missing, malformed or out of range; the message names it'),
    failure(404, 'There is no such file'),
    failure(503, 'A file is still being indexed, and the client does not want to wait; see Retry-After'),
  );
}
