import type { CallNode } from './files-api.js';

/** A box of the flame: its place in shares of the whole width. */
export interface FlameBox {
  readonly node: CallNode;
  /** Places of the child among its siblings, from the root on: what names the box in a link. */
  readonly path: string;
  readonly depth: number;
  readonly left: number;
  readonly width: number;
}

interface FlameView {
  readonly boxes: readonly FlameBox[];
  readonly depth: number;
  /** Boxes too narrow to be drawn. */
  readonly hidden: number;
  readonly totalUs: number;
}

/** Lays out the calls below the box `focus` ('' for all); boxes narrower than `least` of the width are left out. */
export function flameLayout(roots: readonly CallNode[], focus: string, least: number): FlameView {
  const boxes: FlameBox[] = [];
  let [hidden, depth] = [0, 0];
  const focused = focus === '' ? undefined : nodeAt(roots, focus);
  const shown = focused === undefined ? roots : [focused];
  const totalUs = shown.reduce((sum, node) => sum + node.total_us, 0);
  // A list instead of recursion: calls may be nested deeper than the stack.
  const open = shown.map((node, at) => ({
    node,
    path: focused === undefined ? String(at) : focus,
    depth: 0,
    fromUs: 0,
  }));
  let edge = 0;
  for (const root of open) {
    root.fromUs = edge;
    edge += root.node.total_us;
  }
  while (open.length > 0) {
    const { node, path, depth: level, fromUs } = open.pop() ?? { node: undefined, path: '', depth: 0, fromUs: 0 };
    if (node === undefined) break;
    const width = totalUs === 0 ? 0 : node.total_us / totalUs;
    if (width < least) {
      hidden++;
      continue;
    }
    boxes.push({ node, path, depth: level, left: fromUs / totalUs, width });
    depth = Math.max(depth, level + 1);
    let at = fromUs;
    node.children.forEach((child, index) => {
      open.push({ node: child, path: `${path}.${index}`, depth: level + 1, fromUs: at });
      at += child.total_us;
    });
  }
  return { boxes, depth, hidden, totalUs };
}

export function nodeAt(roots: readonly CallNode[], path: string): CallNode | undefined {
  let list: readonly CallNode[] = roots;
  let node: CallNode | undefined;
  for (const part of path.split('.')) {
    node = list[Number(part)];
    if (node === undefined) return undefined;
    list = node.children;
  }
  return node;
}

export interface NameSelf {
  readonly name: string;
  readonly count: number;
  readonly selfUs: number;
  readonly totalUs: number;
}

/** Every name with the time of its own; a call inside a call of the same name counts once in `totalUs`. */
export function selfTimes(roots: readonly CallNode[]): NameSelf[] {
  const sums = new Map<string, { count: number; selfUs: number; totalUs: number }>();
  const open: { node: CallNode; above: ReadonlySet<string> }[] = roots.map((node) => ({ node, above: new Set() }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, above } = next;
    const sum = sums.get(node.name) ?? { count: 0, selfUs: 0, totalUs: 0 };
    sum.count += node.count;
    sum.selfUs += node.self_us;
    if (!above.has(node.name)) sum.totalUs += node.total_us;
    sums.set(node.name, sum);
    const below = above.has(node.name) ? above : new Set([...above, node.name]);
    for (const child of node.children) open.push({ node: child, above: below });
  }
  return [...sums].map(([name, sum]) => ({ name, ...sum })).sort((a, b) => b.selfUs - a.selfUs);
}
