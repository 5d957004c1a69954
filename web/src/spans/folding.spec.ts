import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Folding } from './folding.js';

/** A forest in drawing order: any list of depths in which no row is more than one deeper than the one before. */
const forests = fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 40 }).map((wishes) => {
  const depths: number[] = [];
  for (const wish of wishes) depths.push(Math.min(wish, (depths.at(-1) ?? -1) + 1));
  const descendants = depths.map((depth, place) => {
    const end = depths.findIndex((other, at) => at > place && other <= depth);
    return (end < 0 ? depths.length : end) - place - 1;
  });
  return { depths, descendants };
});

/** The obviously correct way: leave out what is behind a fold. */
function shownPlaces(descendants: readonly number[], folded: ReadonlySet<number>): number[] {
  const shown: number[] = [];
  for (let place = 0; place < descendants.length;) {
    shown.push(place);
    place += 1 + (folded.has(place) ? (descendants[place] ?? 0) : 0);
  }
  return shown;
}

describe('Folding', () => {
  it('shows what a walk that skips folded subtrees shows', () => {
    fc.assert(
      fc.property(forests, fc.array(fc.nat({ max: 60 }), { maxLength: 12 }), ({ descendants }, toggles) => {
        const folding = new Folding(descendants.length);
        const folded = new Set<number>();
        for (const toggle of toggles) {
          const place = toggle % descendants.length;
          if (folded.delete(place)) folding.unfold(place);
          else {
            if ((descendants[place] ?? 0) > 0) folded.add(place);
            folding.fold({ place, descendants: descendants[place] ?? 0 });
          }
        }
        const shown = shownPlaces(descendants, folded);
        expect(folding.shown).toBe(shown.length);
        expect(shown.map((_, row) => folding.placeOf(row))).toEqual(shown);
        for (let place = 0; place < descendants.length; place++) {
          const row = shown.findLastIndex((other) => other <= place);
          expect(folding.rowOf(place)).toBe(row);
        }
      }),
      { numRuns: 300, interruptAfterTimeLimit: 10_000 },
    );
  });

  it('reveals a row below several folds and leaves the others', () => {
    const folding = new Folding(10);
    folding.fold({ place: 0, descendants: 4 }, { place: 2, descendants: 2 }, { place: 6, descendants: 3 });
    expect(folding.shown).toBe(3);
    folding.reveal(3);
    expect(folding.folds).toEqual([6]);
    expect([folding.isFolded(6), folding.isFolded(0)]).toEqual([true, false]);
    folding.unfoldAll();
    expect(folding.shown).toBe(10);
  });

  it('does not fold a row that has nothing below', () => {
    const folding = new Folding(2);
    folding.fold({ place: 1, descendants: 0 });
    expect(folding.folds).toEqual([]);
  });
});
