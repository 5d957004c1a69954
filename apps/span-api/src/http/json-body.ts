import { CONTROL_BODY_BYTES, type TracerErrorFilter } from '@tracer/service-kit';
import express, { type NextFunction, type Request, type Response } from 'express';

/** Parses the body of a control request whatever its content type says, as everywhere outside of the raw prefixes. */
export function jsonBody(filter: TracerErrorFilter) {
  const parse = express.json({ limit: CONTROL_BODY_BYTES, type: () => true, strict: false });
  return (request: Request, response: Response, next: NextFunction): void => {
    parse(request, response, (error?: unknown) => {
      if (error === undefined) next();
      else filter.answer(error, request, response);
    });
  };
}
