import http, { type IncomingMessage } from 'node:http';
import https, { type RequestOptions } from 'node:https';
import { FrameSplitter } from '../../frame-splitter.js';
import {
  KubeApiError,
  type KubeApi,
  type KubeObject,
  type ResourceQuery,
  type WatchEvent,
  type WatchHandler,
} from './kube-api.js';

export interface KubeClientOptions {
  /** A kubeconfig file; without one the account of the pod that we run in. */
  readonly kubeconfig?: string;
  /** Deadline of a list, and of a watch until it is accepted. */
  readonly deadlineMs: number;
  /** The server ends a watch after this; one that says nothing for a little longer is taken for dead. */
  readonly watchSeconds: number;
}

/** What `@kubernetes/client-node` does for us: server, certificate authority, tokens (read again as they rotate). */
interface Credentials {
  getCurrentCluster(): { readonly server: string } | null;
  applyToHTTPSOptions(options: RequestOptions): Promise<void>;
}

const PAGE_ITEMS = 500;
const PAGE_LIMIT_BYTES = 64 << 20;
const EVENT_LIMIT_BYTES = 16 << 20;
const SILENCE_GRACE_MS = 15_000;
const NEW_LINE = Buffer.from('\n');

/**
 * Lists and watches over HTTPS with the credentials of a kubeconfig or of the pod's account. The transport is our own
 * because every call needs a deadline, can be cancelled and must not buffer without bound; the package that knows
 * kubeconfig files is large and is loaded at the first call, so a suite without a cluster never pays for it.
 */
export class KubeClient implements KubeApi {
  #credentials: Promise<Credentials> | undefined;

  constructor(private readonly options: KubeClientOptions) {}

  async list(
    query: ResourceQuery,
    signal: AbortSignal,
  ): Promise<{ items: readonly KubeObject[]; resourceVersion: string }> {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(this.options.deadlineMs)]);
    const items: KubeObject[] = [];
    let token: string | undefined;
    for (;;) {
      const path = pathOf(query, { limit: String(PAGE_ITEMS), ...(token ? { continue: token } : {}) });
      const page = listOf(await readJson(await this.#get(path, deadline)));
      items.push(...page.items);
      token = page.metadata.continue;
      if (!token) return { items, resourceVersion: page.metadata.resourceVersion ?? '' };
    }
  }

  async watch(
    query: ResourceQuery,
    resourceVersion: string,
    handler: WatchHandler,
    signal: AbortSignal,
  ): Promise<void> {
    const { deadlineMs, watchSeconds } = this.options;
    const path = pathOf(query, {
      watch: 'true',
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(watchSeconds),
      resourceVersion,
    });
    const silence = new AbortController();
    const expect = (withinMs: number, what: string): NodeJS.Timeout =>
      setTimeout(() => {
        silence.abort(new Error(what));
      }, withinMs);
    let watchdog = expect(deadlineMs, 'the Kubernetes API did not answer in time');
    try {
      const response = await this.#get(path, AbortSignal.any([signal, silence.signal]));
      clearTimeout(watchdog);
      watchdog = expect(watchSeconds * 1000 + SILENCE_GRACE_MS, 'the watch outlived its time');
      handler.onOpen();
      await readEvents(response, handler);
    } catch (error) {
      throw silence.signal.aborted ? silence.signal.reason : error;
    } finally {
      clearTimeout(watchdog);
      silence.abort();
    }
  }

  /** Resolves with a 200 answer whose body is still to be read. */
  async #get(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    this.#credentials ??= loadCredentials(this.options.kubeconfig);
    // A configuration that could not be read may be there at the next attempt.
    const credentials = await this.#credentials.catch((error: unknown) => {
      this.#credentials = undefined;
      throw error;
    });
    const server = credentials.getCurrentCluster()?.server;
    if (server === undefined) throw new Error('the kubeconfig names no current cluster');
    const options: RequestOptions = { headers: { Accept: 'application/json' }, signal };
    await credentials.applyToHTTPSOptions(options);
    const response = await request(new URL(server.replace(/\/$/, '') + path), trimmed(options));
    if (response.statusCode === 200) return response;
    throw await refusalOf(response);
  }
}

function pathOf({ path, labelSelector, fieldSelector }: ResourceQuery, parameters: Record<string, string>): string {
  const query = new URLSearchParams(parameters);
  if (labelSelector) query.set('labelSelector', labelSelector);
  if (fieldSelector) query.set('fieldSelector', fieldSelector);
  return `${path}?${query.toString()}`;
}

/** A token file may end in a new line, which no header may carry. */
function trimmed(options: RequestOptions): RequestOptions {
  const headers = Object.entries(options.headers ?? {}).map(([name, value]): [string, string] => [
    name,
    String(value).trim(),
  ]);
  return { ...options, headers: Object.fromEntries(headers) };
}

async function loadCredentials(kubeconfig: string | undefined): Promise<Credentials> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  if (kubeconfig === undefined) config.loadFromCluster();
  else config.loadFromFile(kubeconfig);
  return config;
}

function request(url: URL, options: RequestOptions): Promise<IncomingMessage> {
  const { get } = url.protocol === 'http:' ? http : https;
  return new Promise((resolve, reject) => {
    get(url, options, resolve).once('error', reject);
  });
}

async function readJson(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > PAGE_LIMIT_BYTES) throw new RangeError(`an answer is larger than ${PAGE_LIMIT_BYTES} bytes`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString());
}

async function refusalOf(response: IncomingMessage): Promise<KubeApiError> {
  const status = response.statusCode ?? 0;
  const body = await readJson(response).catch(() => undefined);
  const message =
    typeof body === 'object' && body !== null && 'message' in body ? String(body.message) : response.statusMessage;
  return new KubeApiError(status, `${status} ${message ?? ''}`.trim());
}

interface ListPage {
  readonly items: readonly KubeObject[];
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
}

function listOf(answer: unknown): ListPage {
  const { items, metadata = {} } = (answer ?? {}) as Partial<ListPage>;
  if (!Array.isArray(items)) throw new Error('the Kubernetes API answered with something that is no list');
  return { items, metadata };
}

async function readEvents(response: IncomingMessage, handler: WatchHandler): Promise<void> {
  const lines = new FrameSplitter(NEW_LINE, EVENT_LIMIT_BYTES);
  for await (const chunk of response as AsyncIterable<Buffer>)
    for (const line of lines.push(chunk).toString().split('\n')) if (line.trim() !== '') handler.onEvent(eventOf(line));
}

function eventOf(line: string): WatchEvent {
  const event = JSON.parse(line) as Partial<WatchEvent> | null;
  if (!event?.type || !event.object) throw new Error('the Kubernetes API sent something that is no watch event');
  return event as WatchEvent;
}
