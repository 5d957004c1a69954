import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Response } from 'express';
import { map, type Observable } from 'rxjs';
import { GatewayMetrics } from '../gateway-metrics.js';
import type { ClusterAnswer } from './cluster.js';
import { prepareAnswer } from './send-answer.js';

/** Lets a controller return a cluster's answer: status, headers and body are put where they belong. */
@Injectable()
export class ClusterAnswerInterceptor implements NestInterceptor<ClusterAnswer, object | string> {
  constructor(private readonly metrics: GatewayMetrics) {}

  intercept(context: ExecutionContext, next: CallHandler<ClusterAnswer>): Observable<object | string> {
    const response = context.switchToHttp().getResponse<Response>();
    return next.handle().pipe(
      map((answer) => {
        if ('X-Tracer-Warnings' in answer.headers) this.metrics.partialAnswer();
        return prepareAnswer(response, answer);
      }),
    );
  }
}
