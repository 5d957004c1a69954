/**
 * Which rows of a drawn tree are shown when some of them are folded.
 *
 * The tree is known as a list in drawing order (parents before children), so everything below the row at `place` is the
 * run of `descendants` rows behind it:
 *
 *     place          0   1   2   3   4   5   6   7
 *     row            A   B   C   C   B   B   C   B        depth as letter
 *     fold(1, 2)     A   B⁺  ·   ·   B   B   C   B        2 rows hidden
 *     shown as       0   1           2   3   4   5
 *
 * Only folded rows are remembered, so a trace of a million spans of which a window is loaded costs nothing: shown and
 * whole places are translated by a binary search over the folds that count (one inside another is hidden anyway).
 */
export class Folding {
  readonly #descendants = new Map<number, number>();
  /** Folds that no other fold hides, by place. */
  #places: number[] = [];
  /** Rows that the folds before each of `#places`, and that fold itself, hide. */
  #hiddenUpTo: number[] = [];

  /** @param total rows of the whole tree */
  constructor(readonly total: number) {}

  /** Rows that are shown. */
  get shown(): number {
    return this.total - (this.#hiddenUpTo.at(-1) ?? 0);
  }

  get folds(): readonly number[] {
    return [...this.#descendants.keys()].sort((a, b) => a - b);
  }

  isFolded(place: number): boolean {
    return this.#descendants.has(place);
  }

  /** Folds a row, or several at once; rows without descendants cannot be folded. */
  fold(...rows: readonly { readonly place: number; readonly descendants: number }[]): void {
    for (const { place, descendants } of rows) if (descendants > 0) this.#descendants.set(place, descendants);
    this.#settle();
  }

  unfold(...places: readonly number[]): void {
    for (const place of places) this.#descendants.delete(place);
    this.#settle();
  }

  unfoldAll(): void {
    this.#descendants.clear();
    this.#settle();
  }

  /** Unfolds whatever hides the row at `place`. */
  reveal(place: number): void {
    const hiding = [...this.#descendants].filter(([fold, descendants]) => fold < place && place <= fold + descendants);
    if (hiding.length > 0) this.unfold(...hiding.map(([fold]) => fold));
  }

  /** Place of the row that is shown as number `row`. */
  placeOf(row: number): number {
    // The last fold that stands before the row: its own number is its place less what is hidden before it.
    const before = lastBelow(this.#places.length, (at) => this.#rowOfFold(at) < row);
    return row + (before < 0 ? 0 : (this.#hiddenUpTo[before] ?? 0));
  }

  /** Number under which the row at `place` is shown; of a hidden one, that of the fold it is in. */
  rowOf(place: number): number {
    const before = lastBelow(this.#places.length, (at) => (this.#places[at] ?? 0) < place);
    if (before < 0) return place;
    const fold = this.#places[before] ?? 0;
    const isInside = place <= fold + (this.#descendants.get(fold) ?? 0);
    return isInside ? this.#rowOfFold(before) : place - (this.#hiddenUpTo[before] ?? 0);
  }

  #rowOfFold(at: number): number {
    return (this.#places[at] ?? 0) - (this.#hiddenUpTo[at - 1] ?? 0);
  }

  #settle(): void {
    this.#places = [];
    this.#hiddenUpTo = [];
    let hidden = 0;
    let hiddenTo = -1;
    for (const place of this.folds) {
      if (place <= hiddenTo) continue;
      const descendants = this.#descendants.get(place) ?? 0;
      hiddenTo = place + descendants;
      hidden += descendants;
      this.#places.push(place);
      this.#hiddenUpTo.push(hidden);
    }
  }
}

/** The last of 0 … count - 1 for which a condition holds that holds for a beginning of them; -1 for none. */
function lastBelow(count: number, holds: (at: number) => boolean): number {
  let low = -1;
  let high = count;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}
