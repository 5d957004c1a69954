import type { AppDefinition } from '@tracer/service-kit';
import { SpanApiConfig } from './config.js';
import { SpanApiModule } from './span-api.module.js';

export const app: AppDefinition<SpanApiConfig> = {
  name: 'span-api',
  title: 'span-api',
  description: 'Takes spans, replication events and feature runs, keeps them in PostgreSQL and answers queries.',
  Config: SpanApiConfig,
  module: (context) => SpanApiModule.forRoot(context),
};
