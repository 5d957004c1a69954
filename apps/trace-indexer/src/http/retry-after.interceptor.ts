import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { TracerError } from '@tracer/base';
import type { Response } from 'express';
import { catchError, throwError, type Observable } from 'rxjs';

/** Tells a client that does not want to wait when to ask again. */
@Injectable()
export class RetryAfterInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const response = context.switchToHttp().getResponse<Response>();
    return next.handle().pipe(
      catchError((error: unknown) => {
        if (error instanceof TracerError && error.code === 'NOT_READY' && !response.headersSent) {
          response.setHeader('Retry-After', '1');
        }
        return throwError(() => error);
      }),
    );
  }
}
