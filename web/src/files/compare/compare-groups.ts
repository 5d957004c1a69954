import type { GroupsAnswer } from '../files-api.js';

/** What `/query` is asked for each group of a side. */
export const FIGURES = ['sum', 'count', 'mean', 'p95', 'bytes'] as const;

/** The figures of a group in one side; times in µs. */
export interface GroupFigures {
  readonly count: number;
  readonly totalUs: number;
  /** NaN where no call has a duration. */
  readonly meanUs: number;
  readonly p95Us: number;
  readonly bytes: number;
}

/** One group in both sides, or in one of them. */
export interface GroupPair {
  /** The values it is a group of, in the order of `by`. */
  readonly key: readonly (string | number | null)[];
  readonly a?: GroupFigures;
  readonly b?: GroupFigures;
}

export type PairSort = 'change' | 'count' | 'mean' | 'p95' | 'bytes' | 'key';

/** The groups of both sides beside each other, in no order. */
export function pairGroups(a: GroupsAnswer['groups'], b: GroupsAnswer['groups'], by: readonly string[]): GroupPair[] {
  const pairs = new Map<string, { key: GroupPair['key']; a?: GroupFigures; b?: GroupFigures }>();
  for (const [side, groups] of [
    ['a', a],
    ['b', b],
  ] as const)
    for (const { key, values } of groups) {
      const parts = by.map((field) => key[field] ?? null);
      const text = JSON.stringify(parts);
      const pair = pairs.get(text) ?? { key: parts };
      pair[side] = figuresOf(values);
      pairs.set(text, pair);
    }
  return [...pairs.values()];
}

function figuresOf(values: GroupsAnswer['groups'][number]['values']): GroupFigures {
  return {
    count: values['count'] ?? 0,
    totalUs: values['sum'] ?? 0,
    meanUs: values['mean'] ?? NaN,
    p95Us: values['p95'] ?? NaN,
    bytes: values['bytes'] ?? 0,
  };
}

/** By how much the time in a group changed; one that a side lacks took none there. */
export const changeUs = ({ a, b }: GroupPair): number => (b?.totalUs ?? 0) - (a?.totalUs ?? 0);

/**
 * How many times as much B has as A: NaN when a side does not have it at all, Infinity when A has 0 of it.
 */
export function ratioOf({ a, b }: GroupPair, figure: 'meanUs' | 'p95Us'): number {
  const [before, after] = [a?.[figure] ?? NaN, b?.[figure] ?? NaN];
  return before === 0 && after === 0 ? 1 : after / before;
}

/** The greatest difference first, whichever its direction; by name in the order of names. */
export function sortPairs(pairs: readonly GroupPair[], sort: PairSort): GroupPair[] {
  const byKey = (one: GroupPair, other: GroupPair): number =>
    String(one.key[0] ?? '').localeCompare(String(other.key[0] ?? ''), 'en', { numeric: true });
  if (sort === 'key') return [...pairs].sort(byKey);
  const weights = new Map(pairs.map((pair) => [pair, weightOf(pair, sort)]));
  return [...pairs].sort((one, other) => (weights.get(other) ?? 0) - (weights.get(one) ?? 0) || byKey(one, other));
}

const FIGURE_OF = { count: 'count', bytes: 'bytes', mean: 'meanUs', p95: 'p95Us' } as const;

function weightOf(pair: GroupPair, sort: Exclude<PairSort, 'key'>): number {
  if (sort === 'change') return Math.abs(changeUs(pair));
  const figure = FIGURE_OF[sort];
  if (figure === 'count' || figure === 'bytes') return Math.abs((pair.b?.[figure] ?? 0) - (pair.a?.[figure] ?? 0));
  // Twice as long weighs as much as half as long; what only one side has comes behind all that both have.
  const ratio = ratioOf(pair, figure);
  return Number.isNaN(ratio) ? -1 : Math.abs(Math.log(ratio));
}
