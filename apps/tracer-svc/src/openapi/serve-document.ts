import type { NestExpressApplication } from '@nestjs/platform-express';
import type { OpenAPIObject } from '@nestjs/swagger';
import { openApiDocument, type AppDefinition, type ListenConfig } from '@tracer/service-kit';
import type { NextFunction, Request, Response } from 'express';
import { upstreamOf } from '../proxy/routing-table.js';
import { Upstreams } from '../proxy/upstreams.js';
import { mergeDocuments, type MissingDocument, type ServiceDocument } from './merge-documents.js';

/** Makes the page at /docs load the merged document instead of the one it carries. */
const INIT_SCRIPT = `window.onload = () => {
  window.ui = SwaggerUIBundle({
    url: '/docs-json',
    dom_id: '#swagger-ui',
    deepLinking: true,
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
    plugins: [SwaggerUIBundle.plugins.DownloadUrl],
    layout: 'StandaloneLayout',
  });
};
`;

/** Serves one document of the gateway and the services behind it; each is asked anew, so that a restart is seen. */
export function serveMergedDocument<C extends ListenConfig>(
  app: NestExpressApplication,
  definition: AppDefinition<C>,
): void {
  let own: OpenAPIObject | undefined;
  const upstreams = app.get(Upstreams);
  app.use('/docs-json', (_: Request, response: Response, next: NextFunction) => {
    own ??= openApiDocument(app, definition);
    const document = own;
    gather(upstreams)
      .then(({ services, missing }) => response.json(mergeDocuments(document, services, missing)))
      .catch(next);
  });
  app.use('/docs/swagger-ui-init.js', (_: Request, response: Response) => {
    response.type('application/javascript').send(INIT_SCRIPT);
  });
}

async function gather(upstreams: Upstreams): Promise<{ services: ServiceDocument[]; missing: MissingDocument[] }> {
  const services: ServiceDocument[] = [];
  const missing: MissingDocument[] = [];
  await Promise.all(
    upstreams.configured().map(async (upstream) => {
      const { name: service } = upstream;
      const answer = await upstreams.document(upstream);
      if ('problem' in answer) missing.push({ service, problem: answer.problem });
      else services.push({ service, document: answer.document, owns: (path) => upstreamOf(path) === service });
    }),
  );
  const byName = <T extends { readonly service: string }>(list: T[]): T[] =>
    list.sort((a, b) => (a.service < b.service ? -1 : 1));
  return { services: byName(services), missing: byName(missing) };
}
