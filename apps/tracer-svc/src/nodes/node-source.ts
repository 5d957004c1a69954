/** One tracer-node as a source of nodes knows it. */
export interface FoundNode {
  /** Unique among the nodes of one source; the Kubernetes node name where there is one. */
  readonly name: string;
  /** `http://host:port`. Absent while the node is known but cannot be asked. */
  readonly url?: string;
  /** Why there is no url; shown to whoever misses the answers of this node. */
  readonly absence?: string;
}

export type SourceKind = 'static' | 'dns' | 'kubernetes';

/** How trustworthy a source's list is at the moment. */
export interface SourceState {
  readonly kind: SourceKind;
  /** What it looks at, for people: a host name, selectors. */
  readonly target: string;
  readonly nodes: number;
  /** When the list was last known to be true, epoch ms; absent before the first success. */
  readonly lastGoodAtMs?: number;
  /** Why the list may be out of date; absent while it is fresh. */
  readonly lastError?: string;
}

/**
 * Where tracer-nodes are found. A source never throws after it was made: while it cannot look, it keeps its last good
 * list, says so in `state()` and goes on trying until it is closed.
 */
export interface NodeSource {
  /** Reports the whole list each time that it changes, never the same object twice; at once if it is known already. */
  start(onChange: (nodes: readonly FoundNode[]) => void): void;
  state(): SourceState;
  close(): Promise<void>;
}
