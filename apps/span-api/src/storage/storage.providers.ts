import type { Provider } from '@nestjs/common';
import { Database, readEventAndRunFigures } from '@tracer/storage-postgres';
import type { SpanApiConfig } from '../config.js';
import { dmLimitsOf } from '../dm/dm.providers.js';
import { asAvailable } from '../http/available.js';
import { runLimitsOf } from '../perf-tracer/perf-tracer.providers.js';
import { RetentionJob } from '../retention/retention-job.js';
import { StorageService } from './storage.service.js';

export function storageProviders(config: Readonly<SpanApiConfig>): Provider[] {
  return [
    {
      provide: StorageService,
      inject: [Database, RetentionJob],
      useFactory: ({ source }: Database, spans: RetentionJob) => {
        const { figures } = asAvailable({ figures: () => readEventAndRunFigures(source) });
        return new StorageService({ spans, figures, dmLimits: dmLimitsOf(config), runLimits: runLimitsOf(config) });
      },
    },
  ];
}
