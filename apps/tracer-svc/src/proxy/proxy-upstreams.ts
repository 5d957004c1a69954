import type { NestExpressApplication } from '@nestjs/platform-express';
import type { TracerErrorFilter } from '@tracer/service-kit';
import type { NextFunction, Request, Response } from 'express';
import { ReverseProxy } from './reverse-proxy.js';
import { upstreamOf } from './routing-table.js';
import { Upstreams } from './upstreams.js';

/** Passes the routes of the other services on; whatever is not theirs goes on to our own. */
export function proxyUpstreams(app: NestExpressApplication, filter: TracerErrorFilter): void {
  const [proxy, upstreams] = [app.get(ReverseProxy), app.get(Upstreams)];
  app.use((request: Request, response: Response, next: NextFunction) => {
    const name = upstreamOf(request.path);
    if (name === undefined) {
      next();
      return;
    }
    try {
      proxy.forward(upstreams.get(name), request, response, (error) => {
        filter.answer(error, request, response);
      });
    } catch (error) {
      filter.answer(error, request, response);
    }
  });
}
