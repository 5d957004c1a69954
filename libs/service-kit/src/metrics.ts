import { Controller, Get, Header, Module, type DynamicModule } from '@nestjs/common';
import { ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { NextFunction, Request, Response } from 'express';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

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
  readonly #stalled = new Counter({
    name: 'tracer_stalled_clients_total',
    help: 'Clients cut off because they took nothing of their answer',
    registers: [this.registry],
  });

  constructor(service: string) {
    this.registry.setDefaultLabels({ service });
    collectDefaultMetrics({ register: this.registry });
  }

  readonly stalled = (): void => {
    this.#stalled.inc();
  };

  /** Express middleware that times each request under the pattern of its route, never under its raw path. */
  readonly timeRequests = (request: Request, response: Response, next: NextFunction): void => {
    const startedAtMs = performance.now();
    response.once('close', () => {
      const { path } = (request.route as { path?: string } | undefined) ?? {};
      const status = `${Math.floor(response.statusCode / 100)}xx`;
      const labels = { method: request.method, route: path ?? 'other', status };
      this.#requests.observe(labels, (performance.now() - startedAtMs) / 1000);
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
