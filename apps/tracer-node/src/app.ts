import { publishedRouting, type AppDefinition } from '@tracer/service-kit';
import { TracerNodeConfig } from './config.js';
import { TracerNodeModule } from './tracer-node.module.js';

export const app: AppDefinition<TracerNodeConfig> = {
  name: 'tracer-node',
  title: 'Tracer node agent',
  description:
    'Traces what containers of this node do. Speaks the API of container-tracer: errors are JSON strings, ids are ' +
    'decimal numbers up to 2^64 - 1 as text, fields that begin with a small letter are additions.',
  ownPagesOnly: ['/v1/'],
  Config: TracerNodeConfig,
  module: ({ config, log }) => TracerNodeModule.forRoot(config, log),
  errorBodies: [
    { prefix: '/v1/', contentType: 'application/json; charset=utf-8', body: ({ message }) => JSON.stringify(message) },
  ],
  bodies: 'none',
  configure: (nest, { config, log }) => {
    if (config.verbose) log.level = 'debug';
    // Published clients get `<`, `>` and `&` as \u003c and so on, and may embed answers in pages.
    nest.set('json escape', true);
    nest.use(publishedRouting);
  },
};
