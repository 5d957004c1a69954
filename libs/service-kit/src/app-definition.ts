import type { DynamicModule, Type } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Logger } from 'pino';
import type { ErrorBody } from './error-body.js';
import type { ListenConfig } from './listen-config.js';
import type { Http2Connection } from './shared-port.js';
import type { TracerErrorFilter } from './tracer-error.filter.js';

export interface AppContext<C> {
  readonly config: Readonly<C>;
  readonly log: Logger;
}

/**
 * One deployable app, as data: `main.ts`, the tests and the OpenAPI script all start from it, so that they cannot
 * differ in pipes, filters or routes.
 */
export interface AppDefinition<C extends ListenConfig> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly Config: new () => C;
  /** Root module; must not do any work before `onModuleInit` (the OpenAPI document is made without it). */
  module(context: AppContext<C>): DynamicModule | Type;
  readonly errorBodies?: readonly ErrorBody[];
  /** `json` (default): bodies up to 1 MiB are parsed whatever their content type says; `none`: handlers read them. */
  readonly bodies?: 'json' | 'none';
  /** Paths below which `bodies: 'json'` leaves the body alone. */
  readonly rawBodyPrefixes?: readonly string[];
  /** Paths below which web pages of other sites may not reach the service: what controls sessions and deletes. */
  readonly ownPagesOnly?: readonly string[];
  /** Files of certificate and key in the settings of a published service, where TRACER_TLS_CERT and _KEY are not given. */
  tls?(config: Readonly<C>): { readonly certFile: string; readonly keyFile: string };
  /** Whether it is the gateway: that one sends the shared token of the suite and is not opened by it. */
  readonly isGateway?: true;
  /** Web origins whose pages may use the routes that published clients use from pages. */
  origins?(config: Readonly<C>): readonly string[];
  /**
   * Takes cleartext HTTP/2 connections (gRPC) that come in on the same port. What it returns must end its connections
   * when the app shuts down (in `beforeApplicationShutdown`), or the stop waits for them until its deadline.
   */
  http2?(app: NestExpressApplication): Http2Connection;
  /** Express-level routes: proxies, redirects. Runs before Nest's own routes are mounted. */
  configure?(app: NestExpressApplication, context: AppContext<C>, filter: TracerErrorFilter): void;
}
