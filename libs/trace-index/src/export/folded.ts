import { CallTree } from '../query/call-tree.js';
import type { LaneTimeline } from '../query/lane-timeline.js';
import { laneName } from './selected-timeline.js';

/** Separates frames and lines in the format; names that hold them are shown with something similar. */
const SEPARATORS = /[;\n\r]/g;

/**
 * Folded stacks, as flame graph tools read them: a line per chain of calls, the lane first, with the whole µs that its
 * innermost call itself took. Chains that took no time by themselves are left out.
 *
 * ```
 *   3401:3402;train_step;read 1520
 * ```
 */
export function* foldedStacks(timeline: LaneTimeline): Generator<Buffer, void, undefined> {
  for (const lane of timeline.lanes()) {
    const tree = new CallTree();
    tree.addLane(timeline, lane);
    const lines: string[] = [];
    for (const { path, node } of tree.folded()) {
      const selfUs = Math.round(node.selfUs);
      if (selfUs > 0) lines.push(`${[laneName(lane), ...path.map(frame)].join(';')} ${selfUs}`);
    }
    if (lines.length > 0) yield Buffer.from(`${lines.join('\n')}\n`);
  }
}

function frame(name: string): string {
  return name === '' ? '(unnamed)' : name.replace(SEPARATORS, ':');
}
