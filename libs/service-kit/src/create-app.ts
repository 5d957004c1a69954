import type { Server as HttpsServer } from 'node:https';
import { Module, ValidationPipe, type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import type { AppContext, AppDefinition } from './app-definition.js';
import { HealthModule } from './health.js';
import { refuseForeignPages } from './foreign-pages.js';
import { isLoopback, listenAddress, type ListenConfig } from './listen-config.js';
import { inOrder, inTurn } from './in-turn.js';
import { NestLog } from './logging.js';
import { Metrics, MetricsModule } from './metrics.js';
import { CONTROL_BODY_BYTES } from './request-body.js';
import { requestIds } from './request-id.js';
import { requestLog } from './request-log.js';
import { SelfTracing } from './self-tracing/self-tracing.js';
import { SelfTracingModule } from './self-tracing/self-tracing.module.js';
import { sharePort } from './shared-port.js';
import { admission } from './trust/admission.js';
import { noteBodyForAudit } from './trust/audit.js';
import { allowOrigins } from './trust/cors.js';
import { securityHeaders } from './trust/security-headers.js';
import { trustMetrics } from './trust/trust-metrics.js';
import { openTrust, TrustModule, type OpenedTrust } from './trust/trust.module.js';
import { endStalled } from './stalled-clients.js';
import { TracerErrorFilter } from './tracer-error.filter.js';
import { VERSION } from './version.js';

/** The root of every app: what all share, beside the app's own module. */
@Module({})
class SuiteAppModule {}

/**
 * Builds an app ready to `init` or `listen`, with everything that all apps share.
 * Throws CONFIG_INVALID when its credentials or TLS files cannot be used, or are missing where they are needed.
 */
export async function createApp<C extends ListenConfig>(
  definition: AppDefinition<C>,
  context: AppContext<C>,
  { preview = false } = {},
): Promise<NestExpressApplication> {
  const opened = preview ? undefined : openTrust(definition, context);
  const httpsOptions = opened?.tls?.options;
  const app = await NestFactory.create<NestExpressApplication>(rootModule(definition, context, opened), {
    bodyParser: false,
    preview,
    abortOnError: false,
    logger: preview ? false : new NestLog(context.log),
    ...(httpsOptions ? { httpsOptions } : {}),
  });
  app.disable('x-powered-by');
  app.disable('etag');
  if (opened) equip(app, definition, context, opened);
  return app;
}

/** Everything between a socket and a controller, in the order in which a request meets it. */
function equip<C extends ListenConfig>(
  app: NestExpressApplication,
  definition: AppDefinition<C>,
  context: AppContext<C>,
  { trust, tls, certificates }: OpenedTrust,
): void {
  if (definition.http2 !== undefined) sharePort(app.getHttpServer(), definition.http2(app));
  tls?.watch(app.getHttpServer() as unknown as HttpsServer);
  const filter = new TracerErrorFilter(definition.errorBodies ?? [], context.log);
  const { host } = listenAddress(context.config.address);
  const refuse = filter.answer.bind(filter);
  app.use(
    inOrder([
      inTurn(),
      requestIds,
      endStalled({ stallMs: context.config.clientStallMs, log: context.log, counted: app.get(Metrics).stalled }),
      app.get(SelfTracing).trace,
      requestLog(context.log),
      app.get(Metrics).timeRequests,
      securityHeaders,
      answeringErrors(refuseForeignPages(definition.ownPagesOnly ?? [], isLoopback(host)), filter),
      ...(definition.origins ? [allowOrigins(definition.origins(context.config))] : []),
      admission({ trust, certificates, refuse, counted: trustMetrics(app.get(Metrics), trust, tls) }),
    ]),
  );
  definition.configure?.(app, context, filter);
  if (definition.bodies !== 'none') app.use(jsonBodies(definition.rawBodyPrefixes ?? [], filter));
  app.useGlobalPipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }));
  app.useGlobalFilters(filter);
  serveDocument(app, openApiDocument(app, definition));
}

function rootModule<C extends ListenConfig>(
  definition: AppDefinition<C>,
  context: AppContext<C>,
  opened: OpenedTrust | undefined,
): DynamicModule {
  const parts: (DynamicModule | Type)[] = [
    HealthModule.forService(definition.name, VERSION),
    MetricsModule.forService(definition.name),
    SelfTracingModule.forService(definition.name, context.config, context.log),
    TrustModule.forApp(opened),
    definition.module(context),
  ];
  return { module: SuiteAppModule, imports: parts };
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
  const parse = express.json({
    limit: CONTROL_BODY_BYTES,
    type: () => true,
    strict: false,
    verify: (_request, _response, body) => {
      noteBodyForAudit(body);
    },
  });
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
