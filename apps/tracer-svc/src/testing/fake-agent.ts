import type { IncomingMessage, ServerResponse } from 'node:http';
import { startFakeNode, type FakeNode } from '../nodes/testing/fake-node.js';

/** A session as agents show it, as far as a gateway cares. */
interface Session {
  Id: string;
  Node: string;
  Context: string;
  Containers: Record<string, string[]>;
  TraceHook: string;
  TraceParams: string[];
  Running: boolean;
  Output: string[] | null;
  Error: string[] | null;
  Group?: string;
  [added: string]: unknown;
}

export interface FakeAgent extends FakeNode {
  readonly sessions: Map<string, Session>;
  /** Requests seen, `METHOD target`. */
  readonly requests: string[];
  /** Makes every request wait for ever. */
  frozen: boolean;
}

export interface AgentOptions {
  readonly name: string;
  /** Pod → containers. */
  readonly pods: Readonly<Record<string, readonly string[]>>;
  /** How it words its answers: as our agents, or with all quirks of the published ones. */
  readonly wire?: 'ours' | 'published';
}

/** The API of a tracer-node without anything behind it. */
export async function startFakeAgent({ name, pods, wire = 'ours' }: AgentOptions): Promise<FakeAgent> {
  const sessions = new Map<string, Session>();
  const requests: string[] = [];
  const node = await startFakeNode((request, response) => {
    requests.push(`${String(request.method)} ${String(request.url)}`);
    if (agent.frozen) request.resume();
    else void serve(request, response);
  });
  const agent: FakeAgent = Object.assign(node, { sessions, requests, frozen: false });
  let count = 0n;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    const body = Buffer.concat((await request.toArray()) as Buffer[]).toString();
    const [path = ''] = url.split('?');
    const [, route, id, part] = /^\/v1\/([\w-]+)(?:\/([^/]+))?(?:\/(\w+))?$/.exec(path) ?? [];
    const routes: Readonly<Record<string, () => void>> = {
      'GET pods': () => {
        send(response, 200, podMap());
      },
      'GET trace-hooks': () => {
        send(response, 200, HOOKS);
      },
      'POST trace-session': () => {
        create(body, headers['x-tracer-group'], response);
      },
    };
    const answer = routes[`${method} ${String(route)}`];
    if (path === '/health' || path === '/ready') send(response, 200, { ready: true });
    else if (answer !== undefined && id === undefined) answer();
    else if (route === 'trace-session' && id !== undefined) withSessions(method, id, part, body, response);
    else response.writeHead(404).end('404 page not found');
  }

  const podMap = (): object =>
    Object.fromEntries(
      Object.entries(pods).map(([Pod, containers]) => [
        Pod,
        {
          Containers: Object.fromEntries(containers.map((Id) => [Id, { Id, Pod, Parent: null, Tasks: [4711] }])),
        },
      ]),
    );

  function create(body: string, group: string | string[] | undefined, response: ServerResponse): void {
    const wanted = parse(body) as { pod?: string; 'trace-hook'?: string } | undefined;
    if (wanted === undefined) {
      refuse(response, 400, 'BODY_MALFORMED', 'unexpected EOF');
      return;
    }
    const matching = Object.entries(pods).filter(([pod]) => wanted.pod === '*' || pod === wanted.pod);
    if (matching.length === 0) {
      if (wire === 'ours') refuse(response, 404, 'CONTAINER_NOT_MATCHED', 'no container matches');
      else send(response, 404, {});
      return;
    }
    const session: Session = {
      Id: String(0xffff_ffff_ffff_0000n + ++count + BigInt(name.charCodeAt(name.length - 1)) * 16n),
      Node: name,
      Context: '',
      Containers: Object.fromEntries(matching.map(([pod, containers]) => [pod, [...containers]])),
      TraceHook: wanted['trace-hook'] ?? '',
      TraceParams: [],
      Running: false,
      Output: null,
      Error: null,
      ...(typeof group === 'string' ? { Group: group } : {}),
      ...ADDED,
    };
    sessions.set(session.Id, session);
    send(response, 200, { [session.Id]: session });
  }

  function withSessions(method: string, id: string, part: string | undefined, body: string, to: ServerResponse): void {
    const found = [...sessions.values()].filter(({ Id, Group }) => id === 'all' || Id === id || Group === id);
    const [first] = found;
    if (first === undefined && id !== 'all') {
      const status = method === 'GET' && part === undefined ? 400 : 404;
      refuse(to, status, 'SESSION_NOT_FOUND', `No session with ID ${id}`);
    } else if (part === 'events') tail(to);
    else if (part === 'summary') send(to, 200, summaryOf(first));
    else if (method === 'PUT') change(found, parse(body), to);
    else if (method === 'DELETE') {
      for (const { Id } of found) sessions.delete(Id);
      send(to, 200, {});
    } else send(to, 200, Object.fromEntries(found.map((session) => [session.Id, session])));
  }

  function change(found: Session[], wanted: unknown, response: ServerResponse): void {
    const running = (wanted as { Run?: boolean } | undefined)?.Run === true;
    if (running && found.some((session) => session.Running)) {
      refuse(response, 404, 'SESSION_CONFLICT', 'Tracing session is running already.');
      return;
    }
    for (const session of found) session.Running = running;
    send(response, 200, {});
  }

  function tail(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    response.end('{"id":1,"name":"read"}\n{"id":2,"name":"write"}\n');
  }

  const summaryOf = (session: Session | undefined): object => ({
    Id: session?.Id,
    Node: name,
    state: 'finished',
    events: 3,
    lost: 1,
    calls: {
      read: { count: 3, errors: { EINTR: 1 }, totalNs: 30, meanNs: 10, p50Ns: 9, p99Ns: 12, maxNs: 12, unfinished: 0 },
    },
    counters: {},
  });

  function send(response: ServerResponse, status: number, value: object): void {
    const quirk = wire === 'published' && status === 200 && Object.keys(value).length === 0;
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify(quirk ? '{}' : value));
  }

  function refuse(response: ServerResponse, status: number, code: string, message: string): void {
    const ours = wire === 'ours';
    response.writeHead(status, { 'content-type': 'application/json', ...(ours ? { 'x-tracer-error': code } : {}) });
    // The published agent writes on after the error, but for bodies that it cannot read.
    response.end(JSON.stringify(message) + (ours || status === 400 ? '' : '"{}"'));
  }

  return agent;
}

const HOOKS = { native: { Tracers: { trace_ok: { Name: 'trace_ok', Description: ['a hook'] } } } };

const ADDED = {
  hookGroup: 'native',
  state: 'pending',
  events: 0,
  lost: 0,
  bytes: 0,
  tasks: 1,
  files: [],
  limits: { timeMs: 0, events: 0, bytes: 0 },
};

function parse(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}
