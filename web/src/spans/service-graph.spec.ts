import { describe, expect, it } from '@jest/globals';
import { layoutGraph } from './layout-graph.js';
import { edgeWidth, errorRate, serviceGraph } from './service-graph.js';

const LINKS = [
  { parent: 'web', child: 'shop', callCount: 90, errorCount: 9 },
  { parent: 'shop', child: 'db', callCount: 200 },
  { parent: 'shop', child: 'db', callCount: 10, errorCount: 1 },
  { parent: 'db', child: 'web', callCount: 1 },
];

describe('serviceGraph', () => {
  it('adds up links, also several of one pair, the busiest service first', () => {
    const graph = serviceGraph(LINKS);
    expect(graph.nodes[0]).toEqual({ service: 'shop', callsIn: 90, errorsIn: 9, callsOut: 210 });
    expect(graph.edges[0]).toEqual({ from: 'shop', to: 'db', calls: 210, errors: 1 });
    expect([graph.edges.length, graph.hiddenServices, graph.hiddenLinks]).toEqual([3, 0, 0]);
  });

  it('counts what it leaves out', () => {
    const graph = serviceGraph(LINKS, 2);
    expect(graph.nodes.map(({ service }) => service)).toEqual(['shop', 'db']);
    expect([graph.hiddenServices, graph.hiddenLinks]).toEqual([1, 2]);
  });

  it('says how bad and how busy an edge is', () => {
    expect([errorRate({ calls: 0, errors: 0 }), errorRate({ calls: 4, errors: 1 })]).toEqual([0, 0.25]);
    expect([edgeWidth(0), edgeWidth(100), edgeWidth(1e12)]).toEqual([1, 3, 6]);
  });
});

describe('layoutGraph', () => {
  it('places every box inside the drawing without overlap, loops and calls to oneself included', () => {
    const graph = serviceGraph([...LINKS, { parent: 'db', child: 'db', callCount: 3 }]);
    const { nodes, edges, width, height } = layoutGraph(graph);
    for (const node of nodes) {
      expect(node.x - node.width / 2).toBeGreaterThanOrEqual(0);
      expect(node.x + node.width / 2).toBeLessThanOrEqual(width);
      expect(node.y + node.height / 2).toBeLessThanOrEqual(height);
      for (const other of nodes) {
        if (other === node) continue;
        const apart =
          Math.abs(node.x - other.x) >= (node.width + other.width) / 2 ||
          Math.abs(node.y - other.y) >= (node.height + other.height) / 2;
        expect(apart).toBe(true);
      }
    }
    for (const { points } of edges) expect(points.length).toBeGreaterThan(1);
  });

  it('takes no services at all', () => {
    expect(layoutGraph(serviceGraph([])).nodes).toEqual([]);
  });
});
