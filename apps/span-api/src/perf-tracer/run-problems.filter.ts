import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { ProblemsError } from './body-problems.js';

/** 422 with all that is wrong, as clients of the published service expect. */
@Catch(ProblemsError)
export class RunProblemsFilter implements ExceptionFilter<ProblemsError> {
  catch({ problems }: ProblemsError, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    response.status(422).set('X-Tracer-Error', 'VALIDATION').json({ detail: problems });
  }
}
