import { Controller, Get, Header, Module, type DynamicModule } from '@nestjs/common';
import { ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { NextFunction, Request, Response } from 'express';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';

/** Prometheus metrics of one app; engines' figures are registered by the app's modules. */
export class Metrics {
  readonly registry = new Registry();
  readonly #requests = new Histogram({
    name: 'tracer_http_request_seconds',
    help: 'Duration of HTTP requests by route and status class',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
    registers: [this.registry],
  });

  constructor(service: string) {
    this.registry.setDefaultLabels({ service });
    collectDefaultMetrics({ register: this.registry });
  }

  /** Express middleware that times each request under the pattern of its route, never under its raw path. */
  readonly timeRequests = (request: Request, response: Response, next: NextFunction): void => {
    const done = this.#requests.startTimer();
    response.once('close', () => {
      const { path } = (request.route as { path?: string } | undefined) ?? {};
      const status = `${Math.floor(response.statusCode / 100)}xx`;
      done({ method: request.method, route: path ?? 'other', status });
    });
    next();
  };
}

@ApiTags('operations')
@Controller()
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  /** Metrics in the text format of Prometheus. */
  @Get('metrics')
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  @ApiProduces('text/plain')
  @ApiOkResponse({ type: String })
  read(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}

/** `/metrics`; inject `Metrics` to register more. */
@Module({})
export class MetricsModule {
  static forService(name: string): DynamicModule {
    return {
      module: MetricsModule,
      global: true,
      controllers: [MetricsController],
      providers: [{ provide: Metrics, useFactory: () => new Metrics(name) }],
      exports: [Metrics],
    };
  }
}
