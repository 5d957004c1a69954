/** A two-sided comparison of two samples. */
export interface RankSum {
  /** Of pairs (a, b), how many have b > a, ties half: 0.5 × pairs when the samples are alike. */
  readonly u: number;
  /** Probability of a difference at least as large when the samples are of one kind. */
  readonly p: number;
}

/** Up to so many pairs, without ties, the distribution is counted exactly. */
const EXACT_PAIRS = 400;

/**
 * The rank-sum test of Mann and Whitney: whether values of one sample tend to be larger than those of the other, without
 * any assumption on how they are distributed, which times are not normally. Exact for small samples without ties, else by
 * the normal approximation with corrections for ties and continuity. Undefined when a sample is empty.
 */
export function rankSumTest(a: readonly number[], b: readonly number[]): RankSum | undefined {
  const [n, m] = [a.length, b.length];
  if (n === 0 || m === 0) return undefined;
  const { rankSumB, tieTerm } = ranked(a, b);
  const u = rankSumB - (m * (m + 1)) / 2;
  const p = tieTerm === 0 && n * m <= EXACT_PAIRS ? exactP(n, m, u) : approximateP(n, m, u, tieTerm);
  return { u, p: Math.min(1, p) };
}

/** Sum of the ranks of `b` in the union, equal values share the mean of their ranks; and the sum of t³ − t over ties. */
function ranked(a: readonly number[], b: readonly number[]): { readonly rankSumB: number; readonly tieTerm: number } {
  const all = [...a.map((value) => ({ value, isB: false })), ...b.map((value) => ({ value, isB: true }))];
  all.sort((x, y) => x.value - y.value);
  let [rankSumB, tieTerm] = [0, 0];
  for (let from = 0; from < all.length;) {
    let to = from + 1;
    while (to < all.length && all[to]?.value === all[from]?.value) to++;
    const ties = to - from;
    const rank = (from + 1 + to) / 2;
    rankSumB += rank * all.slice(from, to).filter(({ isB }) => isB).length;
    tieTerm += ties ** 3 - ties;
    from = to;
  }
  return { rankSumB, tieTerm };
}

/** Counts the arrangements of n and m values by their U: c(n, m, u) = c(n, m − 1, u) + c(n − 1, m, u − m). */
function exactP(n: number, m: number, u: number): number {
  // counts[j][v]: arrangements of the first i values of one kind and j of the other with U = v.
  let counts = Array.from({ length: m + 1 }, () => [1]);
  for (let i = 1; i <= n; i++) {
    const next: number[][] = [[1]];
    for (let j = 1; j <= m; j++) {
      const row = Array.from({ length: i * j + 1 }, (_, v) => (next[j - 1]?.[v] ?? 0) + (counts[j]?.[v - j] ?? 0));
      next.push(row);
    }
    counts = next;
  }
  const distribution = counts[m] ?? [];
  const total = distribution.reduce((sum, count) => sum + count, 0);
  const extreme = Math.min(u, n * m - u);
  const tail = distribution.slice(0, Math.floor(extreme) + 1).reduce((sum, count) => sum + count, 0);
  return (2 * tail) / total;
}

function approximateP(n: number, m: number, u: number, tieTerm: number): number {
  const size = n + m;
  const variance = ((n * m) / 12) * (size + 1 - tieTerm / (size * (size - 1)));
  // All values are equal: there is no difference at all.
  if (!(variance > 0)) return 1;
  const distance = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5);
  return 2 * upperTail(distance / Math.sqrt(variance));
}

/**
 * Probability that a standard normal value exceeds z ≥ 0, by the continued fraction of Laplace beyond 3 and the series of
 * the distribution below; relative error under 1e-9.
 */
function upperTail(z: number): number {
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z < 3) {
    let [term, sum] = [z, z];
    for (let k = 1; Math.abs(term) > 1e-17 * Math.abs(sum); k++) {
      term *= (z * z) / (2 * k + 1);
      sum += term;
    }
    return 0.5 - density * sum;
  }
  let fraction = z;
  for (let k = 60; k > 0; k--) fraction = z + k / fraction;
  return density / fraction;
}
