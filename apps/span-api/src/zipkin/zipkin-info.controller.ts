import { Controller, Get, Header, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import { Metrics, VERSION } from '@tracer/service-kit';

export const ZIPKIN_UI_CONFIG = Symbol('zipkin ui config');

/** What Zipkin's user interface asks for before it draws anything. */
export function zipkinUiConfig(lookbackMs: number): object {
  return {
    environment: '',
    queryLimit: 10,
    defaultLookback: Math.min(lookbackMs, 900_000),
    searchEnabled: true,
    logsUrl: null,
    supportUrl: null,
    archivePostUrl: null,
    archiveUrl: null,
    dependency: { enabled: true, lowErrorRate: 0.5, highErrorRate: 0.75 },
  };
}

@ApiTags('Zipkin')
@Controller()
export class ZipkinInfoController {
  constructor(
    @Inject(Metrics) private readonly metrics: Metrics,
    @Inject(ZIPKIN_UI_CONFIG) private readonly uiConfig: object,
  ) {}

  /** Version of the service. */
  @Get('info')
  @ApiOkResponse({ type: Object })
  info(): object {
    return { zipkin: { version: VERSION } };
  }

  /** Settings of a Zipkin user interface that points here. */
  @Get(['config.json', 'zipkin/config.json'])
  @ApiOkResponse({ type: Object })
  config(): object {
    return this.uiConfig;
  }

  /** As `/metrics`. */
  @Get('prometheus')
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  @ApiProduces('text/plain')
  @ApiOkResponse({ type: String })
  prometheus(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
