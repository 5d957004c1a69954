import { reasonOf, TracerError } from '@tracer/base';
import type { NodeAnswer, NodeClient } from '../nodes/node-client.js';
import { UPSTREAMS, type UpstreamName } from './routing-table.js';
import type { Upstream } from './reverse-proxy.js';

const PROBE_MS = 2_000;
const DOCUMENT_MS = 2_000;
const READ_MS = 10_000;
const DOCUMENT_LIMIT_BYTES = 8 << 20;

/** The services behind the gateway that are configured, and what can be asked of them beside proxying. */
export class Upstreams {
  readonly #byName: ReadonlyMap<UpstreamName, Upstream>;

  constructor(
    urls: Readonly<Record<UpstreamName, string>>,
    private readonly client: NodeClient,
  ) {
    const configured = UPSTREAMS.filter((name) => urls[name] !== '');
    this.#byName = new Map(configured.map((name) => [name, { name, url: urls[name].replace(/\/$/, '') }]));
  }

  configured(): readonly Upstream[] {
    return [...this.#byName.values()];
  }

  /** Throws NOT_FOUND when the service is not configured. */
  get(name: UpstreamName): Upstream {
    const upstream = this.#byName.get(name);
    if (upstream === undefined) throw new TracerError('NOT_FOUND', `${name} is not configured at this gateway`);
    return upstream;
  }

  /** Undefined when the service says that it is ready, else what is wrong. */
  async problem({ url }: Upstream): Promise<string | undefined> {
    try {
      const { status, body } = await this.#get(url, '/ready', PROBE_MS);
      return status === 200 ? undefined : `status ${status}: ${body.toString().slice(0, 500)}`;
    } catch (error) {
      return reasonOf(error);
    }
  }

  /** What the service answers to a read, or why it does not. */
  async read({ url }: Upstream, path: string): Promise<{ readonly value: unknown } | { readonly problem: string }> {
    try {
      const { status, body } = await this.#get(url, path, READ_MS);
      return status === 200 ? { value: JSON.parse(body.toString()) as unknown } : { problem: `status ${status}` };
    } catch (error) {
      return { problem: reasonOf(error) };
    }
  }

  /** The service's OpenAPI document, or why there is none. */
  async document({ url }: Upstream): Promise<{ readonly document: unknown } | { readonly problem: string }> {
    try {
      const { status, body } = await this.#get(url, '/docs-json', DOCUMENT_MS);
      return status === 200 ? { document: JSON.parse(body.toString()) as unknown } : { problem: `status ${status}` };
    } catch (error) {
      return { problem: reasonOf(error) };
    }
  }

  async #get(url: string, path: string, withinMs: number): Promise<NodeAnswer> {
    const late = new AbortController();
    const timer = setTimeout(() => {
      late.abort(new Error(`no answer within ${withinMs} ms`));
    }, withinMs);
    const limits = {
      signal: late.signal,
      connectTimeoutMs: withinMs,
      answerLimitBytes: DOCUMENT_LIMIT_BYTES,
      budget: { leftBytes: DOCUMENT_LIMIT_BYTES },
    };
    try {
      return await this.client.call(url, { method: 'GET', path, headers: {} }, limits);
    } finally {
      clearTimeout(timer);
    }
  }
}
