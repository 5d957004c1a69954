/** A link as the dependencies of Zipkin have it: counted live, client to server. */
export interface ServiceLink {
  readonly parent: string;
  readonly child: string;
  readonly callCount: number;
  readonly errorCount?: number;
}

export interface GraphNode {
  readonly service: string;
  /** Calls that it answered, as far as links tell. */
  readonly callsIn: number;
  readonly errorsIn: number;
  readonly callsOut: number;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly calls: number;
  readonly errors: number;
}

export interface ServiceGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** Services and links that did not fit. */
  readonly hiddenServices: number;
  readonly hiddenLinks: number;
}

export interface PlacedNode extends GraphNode {
  /** Middle of the box. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedEdge extends GraphEdge {
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface PlacedGraph {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}

/** A drawing of more boxes is no help to anybody, and laying it out takes seconds. */
export const MOST_SERVICES = 150;

/**
 * Adds up links into services and edges. Of more than `most` services those with the most calls stay, and what was left out
 * is counted.
 */
export function serviceGraph(links: readonly ServiceLink[], most = MOST_SERVICES): ServiceGraph {
  const nodes = new Map<string, { -readonly [Key in keyof GraphNode]: GraphNode[Key] }>();
  const node = (service: string): { -readonly [Key in keyof GraphNode]: GraphNode[Key] } => {
    const known = nodes.get(service) ?? { service, callsIn: 0, errorsIn: 0, callsOut: 0 };
    nodes.set(service, known);
    return known;
  };
  const edges = new Map<string, { -readonly [Key in keyof GraphEdge]: GraphEdge[Key] }>();
  for (const { parent, child, callCount, errorCount = 0 } of links) {
    node(parent).callsOut += callCount;
    node(child).callsIn += callCount;
    node(child).errorsIn += errorCount;
    const key = `${parent}\0${child}`;
    const edge = edges.get(key) ?? { from: parent, to: child, calls: 0, errors: 0 };
    edge.calls += callCount;
    edge.errors += errorCount;
    edges.set(key, edge);
  }
  const busiest = [...nodes.values()].sort(
    (a, b) => b.callsIn + b.callsOut - a.callsIn - a.callsOut || (a.service < b.service ? -1 : 1),
  );
  const shown = new Set(busiest.slice(0, most).map(({ service }) => service));
  const kept = [...edges.values()].filter(({ from, to }) => shown.has(from) && shown.has(to));
  return {
    nodes: busiest.slice(0, most),
    edges: kept.sort((a, b) => b.calls - a.calls),
    hiddenServices: Math.max(0, busiest.length - most),
    hiddenLinks: edges.size - kept.length,
  };
}

/** Part of the calls that failed, 0 to 1. */
export function errorRate({ calls, errors }: Pick<GraphEdge, 'calls' | 'errors'>): number {
  return calls === 0 ? 0 : errors / calls;
}

/** Width of an edge in pixels: it grows with the logarithm, so that one busy link does not make all others hairlines. */
export function edgeWidth(calls: number): number {
  return 1 + Math.min(5, Math.log10(Math.max(1, calls)));
}
