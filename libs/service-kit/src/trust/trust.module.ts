import {
  Inject,
  Module,
  Optional,
  type DynamicModule,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { TracerError } from '@tracer/base';
import type { AppContext, AppDefinition } from '../app-definition.js';
import { isLoopback, listenAddress, type ListenConfig } from '../listen-config.js';
import type { CertificateNames } from './client-certificate.js';
import { assertNotOpen } from './open-binding.js';
import { TlsFiles } from './tls-files.js';
import { Trust } from './trust.js';

/** What was read of credentials and TLS files before the app was made. */
export interface OpenedTrust {
  readonly trust: Trust;
  readonly tls: TlsFiles | undefined;
  readonly certificates: CertificateNames | undefined;
}

/**
 * Reads the credentials and TLS files of an app. Throws CONFIG_INVALID when one cannot be used, or when the app would be
 * open to other machines without any.
 */
export function openTrust<C extends ListenConfig>(
  definition: AppDefinition<C>,
  { config, log }: AppContext<C>,
): OpenedTrust {
  const trustsGateway = definition.isGateway !== true;
  const tls = openTls(definition, config, log);
  if (config.tlsClientCa !== '' && tls === undefined)
    throw new TracerError('CONFIG_INVALID', 'TRACER_TLS_CLIENT_CA needs TRACER_TLS_CERT and TRACER_TLS_KEY');
  const trust = new Trust(config, { service: definition.name, trustsGateway }, log);
  assertNotOpen(definition.name, config.address, {
    onLoopback: isLoopback(config.publishedOn || listenAddress(config.address).host),
    protectedByTokens: trust.credentials.required,
    allowOpen: config.allowOpen,
  });
  return { trust, tls, certificates: config.tlsClientCa === '' ? undefined : config.tlsClientNames };
}

function openTls<C extends ListenConfig>(
  definition: AppDefinition<C>,
  config: Readonly<C>,
  log: AppContext<C>['log'],
): TlsFiles | undefined {
  const { tlsCert, tlsKey, tlsClientCa: clientCaFile } = config;
  const own = { certFile: tlsCert, keyFile: tlsKey };
  const files = tlsCert === '' && tlsKey === '' ? (definition.tls?.(config) ?? own) : own;
  if (files.certFile === '' && files.keyFile === '') return undefined;
  if (files.certFile === '' || files.keyFile === '')
    throw new TracerError('CONFIG_INVALID', 'TLS needs both the certificate and its key; only one of them is given');
  return new TlsFiles({ ...files, clientCaFile }, log);
}

const OPENED = Symbol('opened trust');

/** Keeps credentials and certificates up to date while the app runs; inject `Trust` to ask what somebody may do. */
@Module({})
export class TrustModule implements OnModuleInit, OnApplicationShutdown {
  constructor(@Optional() @Inject(OPENED) private readonly opened: OpenedTrust | undefined) {}

  static forApp(opened: OpenedTrust | undefined): DynamicModule {
    return {
      module: TrustModule,
      global: true,
      providers: [
        { provide: OPENED, useFactory: () => opened },
        { provide: Trust, useFactory: () => opened?.trust },
      ],
      exports: [Trust],
    };
  }

  onModuleInit(): void {
    this.opened?.trust.start();
  }

  onApplicationShutdown(): void {
    this.opened?.trust.close();
    this.opened?.tls?.close();
  }
}
