import { groupByKey, toObject, withDefault, type Owned, type Part } from './merge-maps.js';
import { isMap, type JsonMap } from './node-result.js';

/** The liveliest state of several stands for all. */
const BY_LIVELINESS = ['running', 'pending', 'failed', 'interrupted', 'finished'];

/**
 * One summary over the sessions of several nodes, with those of the nodes under `nodes`. Counts, errors, total and
 * maximum times add up exactly and the mean follows from them. Percentiles do not add up: a name that occurs on several
 * nodes has them only in the summaries of the nodes. So have a hook's own numbers, of which only it knows what they mean.
 */
export function mergeSummaries(parts: readonly Part[]): JsonMap {
  const nodes = parts.map(({ node, value }) => withDefault(value, 'Node', node) as JsonMap);
  const [only] = nodes;
  if (only !== undefined && nodes.length === 1) return { ...only, nodes };
  const calls = parts.map(({ node, value }) => ({ node, value: isMap(value['calls']) ? value['calls'] : {} }));
  const states = nodes.map(({ state }) => state);
  const asOf = nodes.map((summary) => summary['asOf']).filter((time) => typeof time === 'number');
  return {
    state: BY_LIVELINESS.find((state) => states.includes(state)),
    events: sumOf(nodes, 'events'),
    lost: sumOf(nodes, 'lost'),
    ...(asOf.length > 0 ? { asOf: Math.min(...asOf) } : {}),
    calls: mostTimeFirst([...groupByKey(calls)].map(([name, owned]) => [name, oneCall(owned)])),
    nodes,
  };
}

function oneCall(owned: readonly Owned[]): unknown {
  if (owned.length === 1) return owned[0]?.item;
  const calls = owned.map(({ item }) => item).filter(isMap);
  const count = sumOf(calls, 'count');
  const totalNs = sumOf(calls, 'totalNs');
  return {
    count,
    errors: errorsOf(calls),
    totalNs,
    meanNs: count === 0 ? 0 : Math.round(totalNs / count),
    maxNs: Math.max(0, ...calls.map(({ maxNs }) => numberOf(maxNs))),
    unfinished: sumOf(calls, 'unfinished'),
  };
}

function mostTimeFirst(calls: [name: string, call: unknown][]): JsonMap {
  const timeOf = (call: unknown): number => (isMap(call) ? numberOf(call['totalNs']) : 0);
  return Object.fromEntries(calls.sort(([, a], [, b]) => timeOf(b) - timeOf(a)));
}

function errorsOf(calls: readonly JsonMap[]): JsonMap {
  const errors = new Map<string, number>();
  for (const call of calls)
    for (const [errno, count] of Object.entries(isMap(call['errors']) ? call['errors'] : {}))
      errors.set(errno, (errors.get(errno) ?? 0) + numberOf(count));
  return toObject(errors);
}

function sumOf(maps: readonly JsonMap[], field: string): number {
  return maps.reduce((sum, map) => sum + numberOf(map[field]), 0);
}

const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0);
