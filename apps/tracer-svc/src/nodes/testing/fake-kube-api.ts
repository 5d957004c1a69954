import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { selfSigned } from '../../../../../libs/service-kit/src/testing/certificates.js';
import type { KubeObject } from '../kubernetes/kube-api.js';

type Collection = 'pods' | 'endpoints';

const COLLECTION = /^\/api\/v1\/(?:namespaces\/([^/]+)\/)?(pods|endpoints)$/;

interface Change {
  readonly version: number;
  readonly collection: Collection;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
}

/** What goes wrong, until it is set to `none` again. */
export type Fault =
  'none' | 'refuse' | 'hang' | 'expire in stream' | 'expire by status' | 'garbage' | 'end at once' | number;

/**
 * A small Kubernetes API over TLS: list (paged), watch (resource versions, bookmarks, time limit), bearer token. A test
 * can expire versions, drop streams and make any call fail.
 */
export class FakeKubeApi {
  readonly #objects = { pods: new Map<string, KubeObject>(), endpoints: new Map<string, KubeObject>() };
  readonly #tls = selfSigned();
  readonly #server = https.createServer(this.#tls, (request, response) => {
    this.#serve(request, response);
  });
  readonly #sockets = new Set<Socket>();
  readonly #watchers = new Set<Watcher>();
  #log: Change[] = [];
  #version = 100;
  /** Request targets in order. */
  readonly requests: string[] = [];
  fault: Fault = 'none';
  token = 'first-token';
  /** What the account may list and watch, as a Role (in a namespace) or a ClusterRole (undefined: all) grants it. */
  allowed: (namespace: string | undefined, collection: Collection) => boolean = () => true;

  async listen(): Promise<void> {
    this.#server.on('secureConnection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** A kubeconfig for this server, as JSON (which YAML is a superset of). */
  kubeconfig(token = this.token): string {
    const { port } = this.#server.address() as AddressInfo;
    const ca = Buffer.from(this.#tls.cert).toString('base64');
    return JSON.stringify({
      'current-context': 'test',
      clusters: [{ name: 'c', cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority-data': ca } }],
      users: [{ name: 'u', user: { token } }],
      contexts: [{ name: 'test', context: { cluster: 'c', user: 'u' } }],
    });
  }

  put(collection: Collection, object: KubeObject): void {
    const key = keyOf(object);
    this.#change(collection, this.#objects[collection].has(key) ? 'MODIFIED' : 'ADDED', object);
  }

  remove(collection: Collection, object: KubeObject): void {
    this.#change(collection, 'DELETED', object);
  }

  bookmark(): void {
    const metadata = { resourceVersion: String(this.#version) };
    for (const { response } of this.#watchers) writeEvent(response, 'BOOKMARK', { metadata });
  }

  /** Forgets the history: every version known to a client is too old now. */
  expireVersions(): void {
    this.#version += 1000;
    this.#log = [];
  }

  /** Cuts every connection, as a broken network does. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  get watches(): number {
    return this.#watchers.size;
  }

  async close(): Promise<void> {
    this.dropConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #change(collection: Collection, type: Change['type'], object: KubeObject): void {
    const version = ++this.#version;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    if (type === 'DELETED') this.#objects[collection].delete(keyOf(object));
    else this.#objects[collection].set(keyOf(object), stored);
    this.#log.push({ version, collection, type, object: stored });
    for (const watcher of this.#watchers)
      if (watcher.collection === collection && watcher.fits(stored)) writeEvent(watcher.response, type, stored);
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '', 'https://x');
    this.requests.push(request.url ?? '');
    const collection = COLLECTION.exec(pathname)?.[2] as Collection | undefined;
    const namespace = COLLECTION.exec(pathname)?.[1];
    if (this.fault === 'hang') return;
    if (this.fault === 'refuse') request.socket.destroy();
    else if (typeof this.fault === 'number') refuse(response, this.fault, 'made to fail');
    else if (request.headers.authorization !== `Bearer ${this.token}`) refuse(response, 401, 'Unauthorized');
    else if (collection === undefined) refuse(response, 404, 'not found');
    else if (!this.allowed(namespace, collection)) refuse(response, 403, `${collection} is forbidden`);
    else if (searchParams.get('watch') === 'true') this.#watch(collection, namespace, searchParams, response);
    else this.#list(collection, selectorOf(searchParams, namespace), searchParams, response);
  }

  #list(collection: Collection, fits: Fits, query: URLSearchParams, response: ServerResponse): void {
    const from = Number(query.get('continue') ?? 0);
    const all = [...this.#objects[collection].values()].filter(fits);
    // Two a page, however many are asked for: paging is always exercised.
    const items = all.slice(from, from + 2);
    const more = from + 2 < all.length ? { continue: String(from + 2) } : {};
    const body = { items, metadata: { resourceVersion: String(this.#version), ...more } };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  #watch(
    collection: Collection,
    namespace: string | undefined,
    query: URLSearchParams,
    response: ServerResponse,
  ): void {
    const from = Number(query.get('resourceVersion'));
    const expired = from < this.#version && !this.#log.some(({ version }) => version === from + 1);
    if (this.fault === 'expire by status' || (expired && collection === 'endpoints')) {
      refuse(response, 410, 'Expired');
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    if (this.fault === 'expire in stream' || expired) {
      writeEvent(response, 'ERROR', { code: 410, message: 'too old resource version' });
      response.end();
    } else if (this.fault === 'end at once') response.end();
    else if (this.fault === 'garbage') response.write('{"type":"ADDED"}\n');
    else
      this.#follow(
        { collection, response, fits: selectorOf(query, namespace) },
        from,
        Number(query.get('timeoutSeconds')),
      );
  }

  #follow(watcher: Watcher, from: number, seconds: number): void {
    const { response } = watcher;
    for (const { version, collection, type, object } of this.#log)
      if (version > from && collection === watcher.collection && watcher.fits(object))
        writeEvent(response, type, object);
    this.#watchers.add(watcher);
    const end = setTimeout(() => response.end(), seconds * 1000);
    response.once('close', () => {
      clearTimeout(end);
      this.#watchers.delete(watcher);
    });
  }
}

interface Watcher {
  readonly collection: Collection;
  readonly response: ServerResponse;
  readonly fits: Fits;
}

type Fits = (object: KubeObject & { readonly metadata?: { readonly labels?: Record<string, string> } }) => boolean;

/** `key=value` terms; the only field known is `metadata.name`. */
function selectorOf(query: URLSearchParams, namespace: string | undefined): Fits {
  const terms = (name: string): [string, string][] =>
    (query.get(name) ?? '')
      .split(',')
      .filter(Boolean)
      .map((term) => term.split('=') as [string, string]);
  const [labels, fields] = [terms('labelSelector'), terms('fieldSelector')];
  return ({ metadata }) =>
    (namespace === undefined || metadata?.namespace === namespace) &&
    labels.every(([key, value]) => metadata?.labels?.[key] === value) &&
    fields.every(([key, value]) => key === 'metadata.name' && metadata?.name === value);
}

function writeEvent(response: ServerResponse, type: string, object: object): void {
  // In two pieces, so that no reader gets away with taking a chunk for a line.
  const line = `${JSON.stringify({ type, object })}\n`;
  response.write(line.slice(0, 20));
  response.write(line.slice(20));
}

function refuse(response: ServerResponse, code: number, message: string): void {
  const body = { kind: 'Status', status: 'Failure', code, message };
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function keyOf({ metadata = {} }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name ?? ''}`;
}
