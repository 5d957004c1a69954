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

/**
 * All nodes that the sources know, by unique name and in name order, with how each behaved last. What is known about a
 * node survives changes of the list as long as its name and address stay.
 */
export class NodeDirectory {
  readonly #bySource = new Map<NodeSource, readonly FoundNode[]>();
  readonly #records = new Map<string, Behaviour>();
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
  #logChange({ name, url }: FoundNode, { condition }: Behaviour, seen: Observation): void {
    if ('error' in seen && condition !== 'failing')
      this.log.warn({ node: name, url, reason: seen.error }, 'a node does not answer');
    if ('latencyMs' in seen && condition === 'failing') this.log.info({ node: name, url }, 'a node answers again');
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
    for (const key of this.#records.keys()) if (!alive.has(key)) this.#records.delete(key);
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
