import type { BeforeApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { IngestQueue } from '@tracer/storage';
import type { GrpcServer } from './grpc/grpc-server.js';
import type { SpanServices } from './grpc/span-services.js';
import type { RetentionJob } from './retention/retention-job.js';

/** Starts what runs beside the requests for spans, and ends it before the database is closed. */
export class SpanLifecycle implements OnModuleInit, BeforeApplicationShutdown {
  constructor(
    private readonly grpc: GrpcServer,
    private readonly services: SpanServices,
    private readonly retention: RetentionJob,
    private readonly queue: Pick<IngestQueue, 'drained'>,
  ) {}

  onModuleInit(): void {
    this.services.addTo(this.grpc);
    this.retention.start();
  }

  /** Spans that were acknowledged when they were queued are written before the stop. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.retention.stop();
    await this.queue.drained();
  }
}
