import type { AppDefinition } from '@tracer/service-kit';
import { TraceIndexerConfig } from './config.js';
import { onlyKnownMethods, TRACE_ERROR_BODY } from './http/published-routes.js';
import { TraceIndexerModule } from './trace-indexer.module.js';

export const app: AppDefinition<TraceIndexerConfig> = {
  name: 'trace-indexer',
  title: 'trace-indexer',
  description: 'Answers queries about the trace files (*.pfw, *.pfw.gz) of a directory.',
  Config: TraceIndexerConfig,
  module: (context) => TraceIndexerModule.forRoot(context),
  ownPagesOnly: ['/api/'],
  errorBodies: [TRACE_ERROR_BODY],
  configure: (nest, _, filter) => {
    nest.use(onlyKnownMethods(filter));
  },
};
