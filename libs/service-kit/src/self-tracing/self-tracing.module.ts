import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import type { Log } from '@tracer/base';
import { Counter } from 'prom-client';
import { Metrics } from '../metrics.js';
import { SelfTracing } from './self-tracing.js';
import type { SelfTracingConfig } from './self-tracing-config.js';
import { SpanSender } from './span-sender.js';

const QUEUE_SPANS = 8_192;
const INTERVAL_MS = 1_000;
/** Short, because a stop waits for it, and the receiver may be the service that stops. */
const REQUEST_MS = 2_000;

/** Self-tracing of one app; its last spans are sent when it stops. */
@Module({})
export class SelfTracingModule implements OnApplicationShutdown {
  constructor(@Inject(SelfTracing) private readonly tracing: SelfTracing) {}

  static forService(service: string, config: Readonly<SelfTracingConfig>, log: Log): DynamicModule {
    const { selfTracing: url, selfTracingToken: token, selfTracingPercent } = config;
    return {
      module: SelfTracingModule,
      providers: [
        {
          provide: SelfTracing,
          inject: [Metrics],
          useFactory: (metrics: Metrics) => {
            const options = { url, token, queueSpans: QUEUE_SPANS, intervalMs: INTERVAL_MS, requestMs: REQUEST_MS };
            const sender = url === '' ? undefined : new SpanSender(options, log);
            if (sender) countSpans(metrics, sender);
            return new SelfTracing({ service, share: selfTracingPercent / 100 }, sender);
          },
        },
      ],
      exports: [SelfTracing],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.tracing.sender?.close();
  }
}

function countSpans({ registry }: Metrics, { totals }: SpanSender): void {
  const spans = new Counter({
    name: 'tracer_self_spans_total',
    help: 'Spans of our own requests that the receiver took, and that were dropped',
    labelNames: ['outcome'],
    registers: [registry],
    collect: () => {
      spans.reset();
      for (const [outcome, count] of Object.entries(totals)) spans.inc({ outcome }, count);
    },
  });
}
