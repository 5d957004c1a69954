import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Response } from 'express';
import { map, type Observable } from 'rxjs';
import type { JsonMap } from '../answers/node-result.js';
import type { ClusterAnswer } from './cluster.js';

/** Puts status and headers of a cluster's answer on the response; a failure goes on to the error filter. */
@Injectable()
export class ClusterAnswerInterceptor implements NestInterceptor<ClusterAnswer, JsonMap> {
  intercept(context: ExecutionContext, next: CallHandler<ClusterAnswer>): Observable<JsonMap> {
    const response = context.switchToHttp().getResponse<Response>();
    return next.handle().pipe(
      map(({ headers, status, body, failure }) => {
        response.set(headers);
        if (failure !== undefined) throw failure;
        response.status(status);
        return body;
      }),
    );
  }
}
