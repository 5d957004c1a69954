import { publishedRouting, type AppDefinition } from '@tracer/service-kit';
import { TracerSvcConfig } from './config.js';
import { GatewayModule } from './gateway.module.js';
import { FAMILY_ERROR_BODIES } from './http/family-error-bodies.js';
import { serveMergedDocument } from './openapi/serve-document.js';
import { servePage } from './page/serve-page.js';
import { proxyUpstreams } from './proxy/proxy-upstreams.js';
import { refuseWrongIds } from './sessions/refuse-wrong-ids.js';

/** What controls sessions or deletes, and what is traced: a page of another site may do or read none of it. */
const OWN_PAGES_ONLY = [
  ...['/v1/pods', '/v1/trace-hooks', '/v1/trace-session', '/v1/nodes', '/events/', '/api/v1/dm/'],
  ...['files', 'events', 'info', 'stats', 'viz', 'names', 'lanes', 'counters', 'export', 'query', 'retention'].map(
    (route) => `/api/v1/${route}`,
  ),
];

export const app: AppDefinition<TracerSvcConfig> = {
  name: 'tracer-svc',
  title: 'tracer',
  description: 'One address for the whole suite: node agents asked and merged, trace files and spans passed through.',
  isGateway: true,
  ownPagesOnly: OWN_PAGES_ONLY,
  origins: ({ allowedOrigins }) => allowedOrigins,
  Config: TracerSvcConfig,
  module: (context) => GatewayModule.forRoot(context),
  errorBodies: FAMILY_ERROR_BODIES,
  bodies: 'none',
  tls: ({ certFile, keyFile }) => ({ certFile, keyFile }),
  configure: (nest, context, filter) => {
    if (context.config.verbose) context.log.level = 'debug';
    // Published clients get `<`, `>` and `&` as \u003c and so on, and may embed answers in pages.
    nest.set('json escape', true);
    nest.use(publishedRouting);
    nest.use(refuseWrongIds(filter));
    nest.use(servePage());
    serveMergedDocument(nest, app);
    proxyUpstreams(nest, filter);
  },
};
