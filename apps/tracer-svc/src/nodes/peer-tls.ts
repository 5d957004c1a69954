import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { reasonOf, TracerError, type Log } from '@tracer/base';

/** Paths of PEM files, '' where there is none. */
export interface PeerTlsPaths {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** What a TLS connection to another service is opened with. */
export interface PeerTlsOptions {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

const LOOK_MS = 1_000;

/**
 * Whom the gateway believes, and how it shows who it is: its authorities and its client certificate. Files that changed are
 * read again for the next connection; while they cannot be used, what was read before is.
 */
export class PeerTls {
  #options: PeerTlsOptions;
  #seen: string;
  #lookedAtMs: number;

  /** Throws CONFIG_INVALID naming what cannot be used. */
  constructor(
    private readonly paths: PeerTlsPaths,
    private readonly log: Log,
    private readonly now: () => number = Date.now,
  ) {
    if ((paths.certFile === '') !== (paths.keyFile === ''))
      throw new TracerError('CONFIG_INVALID', 'TRACER_NODE_CLIENT_CERT and TRACER_NODE_CLIENT_KEY go together');
    this.#options = read(paths);
    this.#seen = stamp(paths);
    this.#lookedAtMs = this.now();
  }

  options(): PeerTlsOptions {
    const nowMs = this.now();
    if (Math.abs(nowMs - this.#lookedAtMs) < LOOK_MS) return this.#options;
    this.#lookedAtMs = nowMs;
    const seen = stamp(this.paths);
    if (seen === this.#seen) return this.#options;
    this.#seen = seen;
    try {
      this.#options = read(this.paths);
      this.log.info({}, 'TLS files for nodes and services read again');
    } catch (error) {
      this.log.error({ reason: reasonOf(error) }, 'changed TLS files for nodes cannot be used, those before stay');
    }
    return this.#options;
  }
}

function read({ caFile, certFile, keyFile }: PeerTlsPaths): PeerTlsOptions {
  try {
    const options = {
      ...(caFile === '' ? {} : { ca: readFileSync(caFile) }),
      ...(certFile === '' ? {} : { cert: readFileSync(certFile), key: readFileSync(keyFile) }),
    };
    createSecureContext(options);
    return options;
  } catch (error) {
    const files = [caFile, certFile, keyFile].filter((path) => path !== '').join(', ');
    throw new TracerError('CONFIG_INVALID', `TLS towards nodes (${files}): ${reasonOf(error)}`, { cause: error });
  }
}

function stamp({ caFile, certFile, keyFile }: PeerTlsPaths): string {
  return [caFile, certFile, keyFile]
    .map((path) => {
      const stats = path === '' ? undefined : statSync(path, { throwIfNoEntry: false });
      return stats === undefined ? '-' : `${stats.ino} ${stats.mtimeMs} ${stats.size}`;
    })
    .join(' ');
}
