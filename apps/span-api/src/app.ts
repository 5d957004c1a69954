import { Readiness, type AppDefinition } from '@tracer/service-kit';
import { SpanApiConfig } from './config.js';
import { publishedDmRouting } from './dm/published/published-routing.js';
import { GrpcServer } from './grpc/grpc-server.js';
import { jsonBody } from './http/json-body.js';
import { SPAN_ERROR_BODIES } from './http/error-bodies.js';
import { RUN_ERROR_BODIES } from './perf-tracer/run-error-bodies.js';
import { SpanApiModule } from './span-api.module.js';
import { zipkinHealth } from './zipkin/zipkin-health.js';

/** Bodies of the published DM tracer are forms; an import is read line by line. */
const RAW_DM_PATHS = ['/status', '/events/', '/debug/', '/api/v1/dm/import'];
/** perf-tracer says itself what is wrong with a body. */
const RAW_RUN_PATHS = ['/api/tracing/'];

export const app: AppDefinition<SpanApiConfig> = {
  name: 'span-api',
  title: 'span-api',
  description: 'Takes spans, replication events and feature runs, keeps them in PostgreSQL and answers queries.',
  Config: SpanApiConfig,
  module: (context) => SpanApiModule.forRoot(context),
  errorBodies: [...SPAN_ERROR_BODIES, ...RUN_ERROR_BODIES],
  // Spans come in encodings of their own, compressed and much larger than control requests.
  rawBodyPrefixes: [
    '/api/v2/spans',
    '/zipkin/api/v2/spans',
    '/api/v1/spans',
    '/v1/traces',
    ...RAW_DM_PATHS,
    ...RAW_RUN_PATHS,
  ],
  // What deletes, and what only pages of our own ask for; spans and runs come from any page that may.
  ownPagesOnly: ['/events/', '/api/v1/dm/', '/api/v1/retention'],
  origins: ({ allowedOrigins }) => allowedOrigins,
  http2: (nest) => nest.get(GrpcServer).take,
  configure: (nest, _, filter) => {
    nest.use(publishedDmRouting);
    // Below a prefix whose other bodies are left alone.
    nest.use('/api/v1/spans/search', jsonBody(filter));
    const health = zipkinHealth(() => nest.get(Readiness));
    for (const path of ['/health', '/actuator/health']) nest.use(path, health);
  },
};
