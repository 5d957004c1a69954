import { TracerError } from '@tracer/base';
import type { AppDefinition, ErrorBody } from '@tracer/service-kit';
import { TracerSvcConfig } from './config.js';
import { GatewayModule } from './gateway.module.js';
import { publishedRouting } from './http/published-routing.js';
import { serveMergedDocument } from './openapi/serve-document.js';
import { servePage } from './page/serve-page.js';
import { proxyUpstreams } from './proxy/proxy-upstreams.js';

/** container-tracer answers failures with their text as a JSON string. */
const textBody = (prefix: string): ErrorBody => ({
  prefix,
  contentType: 'application/json; charset=utf-8',
  body: ({ message }) => JSON.stringify(message),
});

export const app: AppDefinition<TracerSvcConfig> = {
  name: 'tracer-svc',
  title: 'tracer',
  description: 'One address for the whole suite: node agents asked and merged, trace files and spans passed through.',
  ownPagesOnly: ['/v1/pods', '/v1/trace-hooks', '/v1/trace-session', '/v1/nodes', '/events/', '/api/v1/dm/'],
  Config: TracerSvcConfig,
  module: (context) => GatewayModule.forRoot(context),
  errorBodies: ['/v1/pods', '/v1/trace-hooks', '/v1/trace-session'].map(textBody),
  bodies: 'none',
  tls: ({ certFile, keyFile }) => {
    if (certFile === '' && keyFile === '') return undefined;
    if (certFile === '' || keyFile === '')
      throw new TracerError('CONFIG_INVALID', 'TLS needs both --certfile and --keyfile');
    return { certFile, keyFile };
  },
  configure: (nest, context, filter) => {
    if (context.config.verbose) context.log.level = 'debug';
    // Published clients get `<`, `>` and `&` as \u003c and so on, and may embed answers in pages.
    nest.set('json escape', true);
    nest.use(publishedRouting);
    nest.use(servePage());
    serveMergedDocument(nest, app);
    proxyUpstreams(nest, filter);
  },
};
