import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { IndexLost } from '@tracer/trace-index';
import type { Response } from 'express';
import { of, retry, throwError, type Observable } from 'rxjs';

/** Works on an answer a second time when an index was lost meanwhile: the file is opened anew, and its index made anew. */
@Injectable()
export class LostIndexInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const response = context.switchToHttp().getResponse<Response>();
    const mayRepeat = (error: unknown): boolean => error instanceof IndexLost && !response.headersSent;
    return next
      .handle()
      .pipe(retry({ count: 1, delay: (error) => (mayRepeat(error) ? of(true) : throwError(() => error as Error)) }));
  }
}
