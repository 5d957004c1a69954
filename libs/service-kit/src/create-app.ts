import { readFileSync } from 'node:fs';
import { Module, ValidationPipe, type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import type { AppContext, AppDefinition } from './app-definition.js';
import { HealthModule } from './health.js';
import { refuseForeignPages } from './foreign-pages.js';
import { isLoopback, listenAddress, type ListenConfig } from './listen-config.js';
import { NestLog, requestLog } from './logging.js';
import { Metrics, MetricsModule } from './metrics.js';
import { CONTROL_BODY_BYTES } from './request-body.js';
import { requestIds } from './request-id.js';
import { sharePort } from './shared-port.js';
import { TracerErrorFilter } from './tracer-error.filter.js';
import { VERSION } from './version.js';

/** The root of every app: what all share, beside the app's own module. */
@Module({})
class SuiteAppModule {}

/** Builds an app ready to `init` or `listen`, with everything that all apps share. */
export async function createApp<C extends ListenConfig>(
  definition: AppDefinition<C>,
  context: AppContext<C>,
  { preview = false } = {},
): Promise<NestExpressApplication> {
  const httpsOptions = preview ? undefined : tlsOptions(definition, context.config);
  const app = await NestFactory.create<NestExpressApplication>(rootModule(definition, context), {
    bodyParser: false,
    preview,
    abortOnError: false,
    logger: preview ? false : new NestLog(context.log),
    ...(httpsOptions ? { httpsOptions } : {}),
  });
  app.disable('x-powered-by');
  app.disable('etag');
  if (!preview) equip(app, definition, context);
  return app;
}

/** Everything between a socket and a controller, in the order in which a request meets it. */
function equip<C extends ListenConfig>(
  app: NestExpressApplication,
  definition: AppDefinition<C>,
  context: AppContext<C>,
): void {
  if (definition.http2 !== undefined) sharePort(app.getHttpServer(), definition.http2(app));
  const filter = new TracerErrorFilter(definition.errorBodies ?? [], context.log);
  app.use(requestIds, requestLog(context.log), app.get(Metrics).timeRequests);
  const { host } = listenAddress(context.config.address);
  app.use(answeringErrors(refuseForeignPages(definition.ownPagesOnly ?? [], isLoopback(host)), filter));
  definition.configure?.(app, context, filter);
  if (definition.bodies !== 'none') app.use(jsonBodies(definition.rawBodyPrefixes ?? [], filter));
  app.useGlobalPipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }));
  app.useGlobalFilters(filter);
  serveDocument(app, openApiDocument(app, definition));
}

function rootModule<C extends ListenConfig>(definition: AppDefinition<C>, context: AppContext<C>): DynamicModule {
  const parts: (DynamicModule | Type)[] = [
    HealthModule.forService(definition.name, VERSION),
    MetricsModule.forService(definition.name),
    definition.module(context),
  ];
  return { module: SuiteAppModule, imports: parts };
}

function tlsOptions<C extends ListenConfig>(
  definition: AppDefinition<C>,
  config: Readonly<C>,
): { cert: Buffer; key: Buffer } | undefined {
  const files = definition.tls?.(config);
  return files && { cert: readFileSync(files.certFile), key: readFileSync(files.keyFile) };
}

/** Express would answer what a middleware refuses in its own way. */
function answeringErrors(middleware: RequestHandler, filter: TracerErrorFilter): RequestHandler {
  return (request, response, next) =>
    middleware(request, response, (error?: unknown) => {
      if (error === undefined) next();
      else filter.answer(error, request, response);
    });
}

/** Parses JSON bodies whatever their content type says; below the raw prefixes the body is left unread. */
function jsonBodies(rawPrefixes: readonly string[], filter: TracerErrorFilter) {
  const parse = express.json({ limit: CONTROL_BODY_BYTES, type: () => true, strict: false });
  return (request: Request, response: Response, next: NextFunction): void => {
    if (rawPrefixes.some((prefix) => request.path.startsWith(prefix))) {
      next();
      return;
    }
    parse(request, response, (error?: unknown) => {
      if (error === undefined) next();
      else filter.answer(error, request, response);
    });
  };
}

/** The OpenAPI document of an app, made from its decorators. */
export function openApiDocument<C extends ListenConfig>(
  app: NestExpressApplication,
  { title, description }: AppDefinition<C>,
): OpenAPIObject {
  const builder = new DocumentBuilder().setTitle(title).setDescription(description).setVersion(VERSION);
  return SwaggerModule.createDocument(app, builder.build());
}

function serveDocument(app: NestExpressApplication, document: OpenAPIObject): void {
  SwaggerModule.setup('docs', app, document, { jsonDocumentUrl: 'docs-json', yamlDocumentUrl: 'docs-yaml' });
}
