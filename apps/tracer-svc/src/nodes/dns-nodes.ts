import { lookup } from 'node:dns/promises';
import { reasonOf, type Log } from '@tracer/base';
import type { FoundNode, NodeSource, SourceState } from './node-source.js';

/** Resolves a name to all of its addresses, as the system does (search domains and hosts file included). */
export type Resolve = (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

const systemResolve: Resolve = (host) => lookup(host, { all: true });

export interface DnsOptions {
  /** `host:port` of a headless service. */
  readonly host: string;
  readonly port: number;
  readonly intervalMs: number;
  readonly log: Log;
  readonly resolve?: Resolve;
  readonly now?: () => number;
}

/**
 * The addresses behind one DNS name, asked again at an interval. A failing or empty answer keeps the last good list:
 * a name server that restarts must not make a cluster disappear.
 */
export class DnsNodes implements NodeSource {
  readonly #options: DnsOptions;
  readonly #resolve: Resolve;
  readonly #now: () => number;
  #nodes: readonly FoundNode[] = [];
  #lastGoodAtMs: number | undefined;
  #lastError: string | undefined = 'not resolved yet';
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: DnsOptions) {
    this.#options = options;
    this.#resolve = options.resolve ?? systemResolve;
    this.#now = options.now ?? Date.now;
  }

  start(onChange: (nodes: readonly FoundNode[]) => void): void {
    const round = async (): Promise<void> => {
      await this.#lookUp(onChange);
      if (this.#closed) return;
      this.#timer = setTimeout(() => void round(), this.#options.intervalMs);
    };
    void round();
  }

  state(): SourceState {
    const { host, port } = this.#options;
    return {
      kind: 'dns',
      target: `${host}:${port}`,
      nodes: this.#nodes.length,
      ...(this.#lastGoodAtMs === undefined ? {} : { lastGoodAtMs: this.#lastGoodAtMs }),
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
    };
  }

  close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    return Promise.resolve();
  }

  async #lookUp(onChange: (nodes: readonly FoundNode[]) => void): Promise<void> {
    const { host, port, log } = this.#options;
    try {
      const addresses = await this.#resolve(host);
      if (addresses.length === 0) throw new Error(`${host} has no address`);
      if (this.#closed) return;
      this.#lastGoodAtMs = this.#now();
      this.#lastError = undefined;
      const nodes = [...new Set(addresses.map(({ address, family }) => hostAndPort(address, family, port)))].sort();
      if (nodes.join() === this.#nodes.map(({ name }) => name).join()) return;
      this.#nodes = nodes.map((name) => ({ name, url: `http://${name}` }));
      onChange(this.#nodes);
    } catch (error) {
      const reason = reasonOf(error);
      if (this.#lastError !== reason) log.warn({ host, reason }, 'nodes not resolved, keeping the last good list');
      this.#lastError = reason;
    }
  }
}

function hostAndPort(address: string, family: number, port: number): string {
  return family === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}
