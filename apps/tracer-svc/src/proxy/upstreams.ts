import { reasonOf, TracerError } from '@tracer/base';
import { UPSTREAMS, type UpstreamName } from './routing-table.js';
import type { Upstream } from './reverse-proxy.js';

const PROBE_MS = 2_000;
const DOCUMENT_MS = 2_000;
const DOCUMENT_LIMIT_BYTES = 8 << 20;

/** The services behind the gateway that are configured, and what can be asked of them beside proxying. */
export class Upstreams {
  readonly #byName: ReadonlyMap<UpstreamName, Upstream>;

  constructor(urls: Readonly<Record<UpstreamName, string>>) {
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
      const answer = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(PROBE_MS) });
      const text = (await answer.text()).slice(0, 500);
      return answer.status === 200 ? undefined : `status ${answer.status}: ${text}`;
    } catch (error) {
      return fetchProblem(error, PROBE_MS);
    }
  }

  /** The service's OpenAPI document, or why there is none. */
  async document({ url }: Upstream): Promise<{ readonly document: unknown } | { readonly problem: string }> {
    try {
      const answer = await fetch(`${url}/docs-json`, { signal: AbortSignal.timeout(DOCUMENT_MS) });
      const text = await answer.text();
      if (answer.status !== 200) return { problem: `status ${answer.status}` };
      if (text.length > DOCUMENT_LIMIT_BYTES) return { problem: 'its document is too large' };
      return { document: JSON.parse(text) };
    } catch (error) {
      return { problem: fetchProblem(error, DOCUMENT_MS) };
    }
  }
}

/** `fetch` hides what happened in its cause. */
function fetchProblem(error: unknown, withinMs: number): string {
  if (typeof error !== 'object' || error === null) return reasonOf(error);
  if ('name' in error && error.name === 'TimeoutError') return `no answer within ${withinMs} ms`;
  return reasonOf('cause' in error && error.cause ? error.cause : error);
}
