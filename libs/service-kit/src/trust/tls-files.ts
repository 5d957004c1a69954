import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import { reasonOf, TracerError, type Log } from '@tracer/base';
import { WatchedFiles } from './watched-files.js';

/** Paths of PEM files. */
export interface TlsPaths {
  readonly certFile: string;
  readonly keyFile: string;
  /** Authorities whose clients are let in without a token; '' asks for no certificates. */
  readonly clientCaFile: string;
}

/** What is in the files. */
interface TlsContext {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
}

/** What a listener is made with. */
export interface TlsOptions extends TlsContext {
  readonly ALPNCallback: (offer: { readonly protocols: readonly string[] }) => string | undefined;
  readonly requestCert?: boolean;
  readonly rejectUnauthorized?: boolean;
}

/**
 * The certificate of a listener, read again when its files change: new connections get the new one, those that are open
 * stay. Files that became unusable are reported and the certificate before stays.
 */
export class TlsFiles {
  #context: TlsContext;
  #expiresAtMs = 0;
  #watched: WatchedFiles | undefined;
  /** Told whether changed files could be used. */
  onReload: (what: 'certificate', ok: boolean) => void = () => undefined;

  /** Throws CONFIG_INVALID naming the file and what is wrong with it. */
  constructor(
    private readonly paths: TlsPaths,
    private readonly log: Log,
  ) {
    this.#context = this.#read();
  }

  /** Epoch ms at which the certificate expires. */
  get expiresAtMs(): number {
    return this.#expiresAtMs;
  }

  /** What the listener is made with. */
  get options(): TlsOptions {
    return {
      ...this.#context,
      ALPNCallback: preferHttp1,
      // Who brings no certificate may bring a token; what is behind decides.
      ...(this.paths.clientCaFile === '' ? {} : { requestCert: true, rejectUnauthorized: false }),
    };
  }

  watch(server: Server): void {
    const { certFile, keyFile, clientCaFile } = this.paths;
    const paths = [certFile, keyFile, clientCaFile].filter((path) => path !== '');
    this.#watched = new WatchedFiles(paths, () => {
      this.#reload(server);
    });
  }

  close(): void {
    this.#watched?.close();
  }

  #reload(server: Server): void {
    try {
      this.#context = this.#read();
      server.setSecureContext(this.#context);
      this.log.info({ expires: new Date(this.#expiresAtMs).toISOString() }, 'certificate read again');
      this.onReload('certificate', true);
    } catch (error) {
      this.log.error({ reason: reasonOf(error) }, 'changed TLS files cannot be used, those before stay in force');
      this.onReload('certificate', false);
    }
  }

  #read(): TlsContext {
    const { certFile, keyFile, clientCaFile } = this.paths;
    const [cert, key] = [pem(certFile, 'certificate'), pem(keyFile, 'key')];
    const ca = clientCaFile === '' ? {} : { ca: pem(clientCaFile, 'client authorities') };
    const context = { cert, key, ...ca };
    checked(`TLS certificate ${certFile} with key ${keyFile}`, () => createSecureContext(context));
    const { validTo } = checked(`TLS certificate ${certFile}`, () => new X509Certificate(cert));
    const expiresAtMs = Date.parse(validTo);
    if (expiresAtMs < Date.now()) this.log.warn({ certFile, expired: validTo }, 'the TLS certificate has expired');
    this.#expiresAtMs = expiresAtMs;
    return context;
  }
}

/**
 * gRPC clients offer HTTP/2 alone and get it; browsers and curl offer both and get HTTP/1.1, which is what everything but
 * gRPC speaks here.
 */
function preferHttp1({ protocols }: { readonly protocols: readonly string[] }): string | undefined {
  return ['http/1.1', 'h2'].find((protocol) => protocols.includes(protocol));
}

function pem(path: string, what: string): Buffer {
  const content = checked(`TLS ${what} ${path}`, () => readFileSync(path));
  if (!content.includes('-----BEGIN '))
    throw new TracerError('CONFIG_INVALID', `TLS ${what} ${path}: it is no PEM file`);
  return content;
}

function checked<T>(subject: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    throw new TracerError('CONFIG_INVALID', `${subject}: ${reasonOf(error)}`, { cause: error });
  }
}
