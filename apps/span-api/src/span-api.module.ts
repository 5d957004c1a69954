import { Inject, Module, type DynamicModule, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { AppContext } from '@tracer/service-kit';
import { Readiness } from '@tracer/service-kit';
import { Database } from '@tracer/storage-postgres';
import type { SpanApiConfig } from './config.js';

@Module({})
export class SpanApiModule implements OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {}

  static forRoot({ config, log }: AppContext<SpanApiConfig>): DynamicModule {
    return {
      module: SpanApiModule,
      providers: [{ provide: Database, useFactory: () => new Database(config.databaseUrl, log) }],
    };
  }

  onModuleInit(): void {
    this.readiness.add({ name: 'database', problem: () => this.database.problem() });
    void this.database.open();
  }

  onApplicationShutdown(): Promise<void> {
    return this.database.close();
  }
}
