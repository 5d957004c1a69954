import type { LaneTimeline, TimelineLane } from './lane-timeline.js';

/** All calls of one name that were made from the same chain of callers. */
export interface CallNode {
  readonly name: string;
  count: number;
  totalUs: number;
  /** Time that no call inside accounts for. */
  selfUs: number;
  readonly children: Map<string, CallNode>;
}

const node = (name: string): CallNode => ({ name, count: 0, totalUs: 0, selfUs: 0, children: new Map() });

/** Nesting deeper than this is folded into the deepest node that is kept; the answer must stay readable by recursion. */
export const MAX_CALL_DEPTH = 256;

/** Folds the events of a lane into a tree: an event lies inside another when it begins and ends within it. */
export class CallTree {
  /** Has no name; its children are the outermost calls. */
  readonly root = node('');
  /** Events that were nested too deep to have a node of their own. */
  tooDeep = 0;

  addLane(timeline: LaneTimeline, lane: TimelineLane): void {
    const children: ChildrenOf = new Map();
    const path: CallNode[] = [this.root];
    let tooDeep = 0;
    timeline.visit(lane, {
      open: (event, endUs) => {
        if (path.length > MAX_CALL_DEPTH) {
          tooDeep++;
          this.tooDeep++;
          return;
        }
        const parent = path[path.length - 1] ?? this.root;
        const current = childOf(children, parent, timeline.nameId(event), timeline.names);
        path.push(current);
        const lengthUs = endUs - timeline.startUs(event);
        current.count++;
        current.totalUs += lengthUs;
        current.selfUs += lengthUs;
        if (parent !== this.root) parent.selfUs -= lengthUs;
        else parent.totalUs += lengthUs;
      },
      close: () => {
        // What was too deep was opened last and is closed first.
        if (tooDeep > 0) tooDeep--;
        else path.pop();
      },
    });
  }

  /** Chains of names from the outermost call inwards with the time that the innermost itself took. */
  *folded(): Generator<{ readonly path: readonly string[]; readonly node: CallNode }, void, undefined> {
    const pending = [...this.root.children.values()].map((child) => ({ path: [child.name], node: child })).reverse();
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const { path, node: current } = next;
      yield next;
      const children = [...current.children.values()].map((child) => ({ path: [...path, child.name], node: child }));
      pending.push(...children.reverse());
    }
  }
}

/** Children by name id, while the names of one timeline are added: a number is found faster than a text. */
type ChildrenOf = Map<CallNode, Map<number, CallNode>>;

function childOf(children: ChildrenOf, parent: CallNode, nameId: number, names: readonly string[]): CallNode {
  let known = children.get(parent);
  if (known === undefined) children.set(parent, (known = new Map<number, CallNode>()));
  let child = known.get(nameId);
  if (child !== undefined) return child;
  const name = names[nameId] ?? '';
  child = parent.children.get(name) ?? node(name);
  parent.children.set(name, child);
  known.set(nameId, child);
  return child;
}
