import { Inject, Module, type DynamicModule, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { AppContext } from '@tracer/service-kit';
import { Metrics, Readiness } from '@tracer/service-kit';
import { Database } from '@tracer/storage-postgres';
import { UnixClock } from './clock/unix-clock.js';
import type { SpanApiConfig } from './config.js';
import { DM_CONTROLLERS, dmProviders } from './dm/dm.providers.js';
import { GRPC_LIMITS, GrpcServer, type GrpcLimits } from './grpc/grpc-server.js';
import { RUN_CONTROLLERS, runProviders } from './perf-tracer/perf-tracer.providers.js';
import { SPAN_CONTROLLERS, spanProviders } from './spans.providers.js';
import { databaseMetrics } from './storage/database-metrics.js';
import { StorageController } from './storage/storage.controller.js';
import { storageProviders } from './storage/storage.providers.js';

/** How long a stop waits for running gRPC calls. */
const GRPC_GRACE_MS = 2_000;

@Module({})
export class SpanApiModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Readiness) private readonly readiness: Readiness,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  static forRoot({ config, log }: AppContext<SpanApiConfig>): DynamicModule {
    const grpcLimits: GrpcLimits = { messageBytes: config.ingestBodyBytes, graceMs: GRPC_GRACE_MS };
    return {
      module: SpanApiModule,
      controllers: [...SPAN_CONTROLLERS, ...DM_CONTROLLERS, ...RUN_CONTROLLERS, StorageController],
      providers: [
        { provide: Database, useFactory: () => new Database(config.databaseUrl, log) },
        { provide: GRPC_LIMITS, useValue: grpcLimits },
        GrpcServer,
        { provide: UnixClock, useFactory: () => new UnixClock() },
        ...spanProviders(config, log),
        ...dmProviders(config, log),
        ...runProviders(config, log),
        ...storageProviders(config),
      ],
    };
  }

  onModuleInit(): void {
    this.readiness.add({ name: 'database', problem: () => this.database.problem() });
    databaseMetrics(this.metrics, this.database);
    void this.database.open();
  }

  onApplicationShutdown(): Promise<void> {
    return this.database.close();
  }
}
