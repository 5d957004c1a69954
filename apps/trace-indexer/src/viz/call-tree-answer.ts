import type { CallNodeDto, CallTreeLaneDto } from '@tracer/dtos';
import type { CallNode, CallTree } from '@tracer/trace-index';

export interface LaneTree {
  readonly pid: number | null;
  readonly tid: number | null;
  readonly tree: CallTree;
}

/** The trees as an answer: of all nodes those with the most time, which always includes the callers of each. */
export function callTreeLanes(
  trees: readonly LaneTree[],
  limit: number,
): { readonly lanes: CallTreeLaneDto[]; readonly pruned: number } {
  // A caller comes before what it calls, so the sort keeps it there when both took the same time.
  const nodes = trees.flatMap(({ tree }) => [...tree.folded()].map(({ node }) => node));
  const kept = new Set(nodes.sort((a, b) => b.totalUs - a.totalUs).slice(0, limit));
  const lanes = trees.map(({ pid, tid, tree }) => ({
    pid,
    tid,
    total_us: tree.root.totalUs,
    children: childrenDto(tree.root, kept),
  }));
  return { lanes, pruned: nodes.length - kept.size };
}

function childrenDto({ children }: CallNode, kept: ReadonlySet<CallNode>): CallNodeDto[] {
  const shown = [...children.values()].filter((child) => kept.has(child)).sort((a, b) => b.totalUs - a.totalUs);
  return shown.map((child) => ({
    name: child.name,
    count: child.count,
    total_us: child.totalUs,
    self_us: child.selfUs,
    children: childrenDto(child, kept),
  }));
}
