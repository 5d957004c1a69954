import { silent, type Log } from '@tracer/base';
import type { FoundNode, NodeSource, SourceState } from './node-source.js';

/** `unknown` was never asked, `absent` has no address, the others tell how the last request went. */
export type NodeCondition = 'unknown' | 'answering' | 'failing' | 'absent';

export interface NodeState extends FoundNode {
  readonly condition: NodeCondition;
  /** Last failure, also while the node answers again. */
  readonly lastError?: string;
  readonly lastErrorAtMs?: number;
  /** When it last answered, epoch ms. */
  readonly lastSeenAtMs?: number;
  /** Time from request to complete answer, of the last one. */
  readonly latencyMs?: number;
}

/** How one request to a node went. */
export type Observation = { readonly latencyMs: number } | { readonly error: string };

type Behaviour = Omit<NodeState, keyof FoundNode>;

const NEVER_ASKED: Behaviour = { condition: 'unknown' };
/** Agents are started with the gateway, or are found while they start: so long it is no news that one does not answer yet. */
const START_MS = 20_000;

/**
 * All nodes that the sources know, by unique name and in name order, with how each behaved last. What is known about a
 * node survives changes of the list as long as its name and address stay.
 */
export class NodeDirectory {
  readonly #bySource = new Map<NodeSource, readonly FoundNode[]>();
  readonly #records = new Map<string, Behaviour>();
  /** When each node was found, epoch ms. */
  readonly #foundAtMs = new Map<string, number>();
  /** Nodes of which the log says that they do not answer. */
  readonly #warned = new Set<string>();
  #nodes: readonly FoundNode[] = [];

  constructor(
    private readonly sources: readonly NodeSource[],
    private readonly log: Log = silent,
    private readonly now: () => number = Date.now,
  ) {}

  start(): void {
    for (const source of this.sources) {
      source.start((nodes) => {
        this.#bySource.set(source, nodes);
        this.#rebuild();
      });
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.sources.map((source) => source.close()));
  }

  /** Every node that should be asked, those without an address included. */
  nodes(): readonly FoundNode[] {
    return this.#nodes;
  }

  states(): NodeState[] {
    return this.#nodes.map((node) => {
      const record = this.#records.get(keyOf(node)) ?? NEVER_ASKED;
      return node.url === undefined ? { ...node, ...record, condition: 'absent' } : { ...node, ...record };
    });
  }

  sourceStates(): SourceState[] {
    return this.sources.map((source) => source.state());
  }

  observe(node: FoundNode, seen: Observation): void {
    const key = keyOf(node);
    const before = this.#records.get(key) ?? NEVER_ASKED;
    const atMs = this.now();
    this.#logChange(node, before, seen);
    this.#records.set(
      key,
      'error' in seen
        ? { ...before, condition: 'failing', lastError: seen.error, lastErrorAtMs: atMs }
        : { ...before, condition: 'answering', lastSeenAtMs: atMs, latencyMs: seen.latencyMs },
    );
  }

  /** Only when a node begins to fail or to answer again: a dead node is asked by every request. */
  #logChange(node: FoundNode, { lastSeenAtMs }: Behaviour, seen: Observation): void {
    const { name, url } = node;
    const key = keyOf(node);
    if ('latencyMs' in seen) {
      if (this.#warned.delete(key)) this.log.info({ node: name, url }, 'a node answers again');
      return;
    }
    const isStarting = lastSeenAtMs === undefined && this.now() - (this.#foundAtMs.get(key) ?? 0) < START_MS;
    if (isStarting || this.#warned.has(key)) return;
    this.#warned.add(key);
    this.log.warn({ node: name, url, reason: seen.error }, 'a node does not answer');
  }

  #rebuild(): void {
    const found = this.sources.flatMap((source) =>
      (this.#bySource.get(source) ?? []).map((node) => ({ node, kind: source.state().kind })),
    );
    const urls = new Set<string>();
    const byName = new Map<string, FoundNode>();
    for (const { node, kind } of found) {
      if (node.url !== undefined && urls.has(node.url)) continue;
      if (node.url !== undefined) urls.add(node.url);
      const name = byName.has(node.name) ? freeName(byName, `${node.name}@${kind}`) : node.name;
      byName.set(name, { ...node, name });
    }
    this.#nodes = [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    this.log.info({ nodes: this.#nodes.map(({ name }) => name) }, 'nodes found');
    const alive = new Set(this.#nodes.map(keyOf));
    for (const key of this.#foundAtMs.keys()) if (!alive.has(key)) this.#foundAtMs.delete(key);
    for (const key of alive) if (!this.#foundAtMs.has(key)) this.#foundAtMs.set(key, this.now());
    for (const gone of [...this.#records.keys(), ...this.#warned].filter((key) => !alive.has(key))) {
      this.#records.delete(gone);
      this.#warned.delete(gone);
    }
  }
}

function keyOf({ name, url = '' }: FoundNode): string {
  return `${name} ${url}`;
}

function freeName(taken: ReadonlyMap<string, unknown>, wish: string): string {
  let name = wish;
  for (let count = 2; taken.has(name); count++) name = `${wish}${count}`;
  return name;
}
