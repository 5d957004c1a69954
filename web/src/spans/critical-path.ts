import type { TraceColumns } from './trace-columns.js';

/** A part of a span during which the trace waited for that span alone. Nanoseconds after the start of the trace. */
export interface CriticalSection {
  readonly place: number;
  readonly fromNs: number;
  readonly toNs: number;
}

interface Visit {
  readonly place: number;
  readonly fromNs: number;
  readonly toNs: number;
}

/**
 * The chain of work that decided when the trace was over, as sections in order of time.
 *
 * Walks back from the end: whatever a span did after its last child had ended was on the path; then that child is, and so
 * on from the child's start with the children that had ended by then. A child that outlives its parent counts up to the
 * parent's end. Sections do not overlap; in a trace with one root they cover it without a gap. Costs O(n log n) and no
 * recursion, so that a chain of 100 000 spans is as good as a bush.
 */
export function criticalPath(trace: TraceColumns): CriticalSection[] {
  const sections: CriticalSection[] = [];
  const visits: Visit[] = [];
  enterChildren(trace, { place: -1, fromNs: -Infinity, toNs: Infinity }, sections, visits);
  for (let visit = visits.pop(); visit !== undefined; visit = visits.pop()) {
    enterChildren(trace, visit, sections, visits);
  }
  return sections.sort((a, b) => a.fromNs - b.fromNs);
}

/** Shares the time of a visit between the span itself and its children; -1 stands for what holds the roots. */
function enterChildren(trace: TraceColumns, { place, fromNs, toNs }: Visit, out: CriticalSection[], to: Visit[]): void {
  const byEnd = [...trace.childrenOf(place)]
    .map((child) => ({ child, endNs: Math.min(trace.endNs(child), toNs) }))
    .filter(({ endNs }) => !Number.isNaN(endNs))
    .sort((a, b) => b.endNs - a.endNs || a.child - b.child);
  let cursorNs = toNs;
  for (const { child, endNs } of byEnd) {
    const startNs = Math.max(trace.startNs[child] ?? NaN, fromNs);
    if (endNs > cursorNs || startNs >= endNs) continue;
    if (place >= 0 && endNs < cursorNs) out.push({ place, fromNs: endNs, toNs: cursorNs });
    to.push({ place: child, fromNs: startNs, toNs: endNs });
    cursorNs = startNs;
  }
  if (place >= 0 && fromNs < cursorNs) out.push({ place, fromNs, toNs: cursorNs });
}

/** Time on the path by service and operation, the most first: what to make faster. */
export function criticalTotals(
  trace: TraceColumns,
  path: readonly CriticalSection[],
): { readonly service: string; readonly name: string; readonly totalNs: number; readonly sections: number }[] {
  const totals = new Map<string, { service: string; name: string; totalNs: number; sections: number }>();
  for (const { place, fromNs, toNs } of path) {
    const [service, name] = [trace.serviceOf(place), trace.nameOf(place)];
    const key = JSON.stringify([service, name]);
    const total = totals.get(key) ?? { service, name, totalNs: 0, sections: 0 };
    total.totalNs += toNs - fromNs;
    total.sections++;
    totals.set(key, total);
  }
  return [...totals.values()].sort((a, b) => b.totalNs - a.totalNs);
}
