import { Graph, layout } from '@dagrejs/dagre';
import type { PlacedEdge, PlacedGraph, PlacedNode, ServiceGraph } from './service-graph.js';

const CHARACTER_PX = 7.5;
const BOX = { height: 44, padding: 28, leastWidth: 160, mostWidth: 260 } as const;

/** Places boxes from callers to called, left to right. Loops are fine. Imported only when a graph is shown. */
export function layoutGraph({ nodes, edges }: ServiceGraph): PlacedGraph {
  const graph = new Graph({ multigraph: false });
  graph.setGraph({ rankdir: 'LR', nodesep: 24, ranksep: 90, marginx: 16, marginy: 16 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { service } of nodes) {
    const width = Math.min(BOX.mostWidth, Math.max(BOX.leastWidth, service.length * CHARACTER_PX + BOX.padding));
    graph.setNode(service, { width, height: BOX.height });
  }
  for (const { from, to } of edges) graph.setEdge(from, to, {});
  layout(graph);
  const size = graph.graph() as { width?: number; height?: number };
  return {
    width: Math.ceil(size.width ?? 0),
    height: Math.ceil(size.height ?? 0),
    nodes: nodes.map((node): PlacedNode => {
      const { x, y, width, height } = graph.node(node.service) as Omit<PlacedNode, keyof typeof node>;
      return { ...node, x, y, width, height };
    }),
    edges: edges.map((edge): PlacedEdge => {
      const placed = graph.edge(edge.from, edge.to) as { points: { x: number; y: number }[] };
      return { ...edge, points: placed.points };
    }),
  };
}
