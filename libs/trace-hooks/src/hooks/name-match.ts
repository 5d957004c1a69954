/** `*` stands for any text, `?` for one character. Linear in the name for every `*`, whatever the pattern. */
export function matchesGlob(pattern: string, name: string): boolean {
  let [at, from] = [0, 0];
  let [star, retry] = [-1, 0];
  while (from < name.length) {
    if (pattern[at] === '*') {
      star = at;
      retry = from;
      at += 1;
    } else if (pattern[at] === '?' || pattern[at] === name[from]) {
      at += 1;
      from += 1;
    } else if (star >= 0) {
      // The last star takes one character more.
      retry += 1;
      at = star + 1;
      from = retry;
    } else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}

export function isGlob(name: string): boolean {
  return /[*?]/u.test(name);
}

/** The name closest to a mistyped one, if any is close enough to be meant. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  if (name.length > 64) return undefined;
  let best: string | undefined;
  // A third of the letters may be wrong; more is another word.
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of names) {
    if (Math.abs(candidate.length - name.length) >= least) continue;
    const distance = editDistance(name, candidate);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** Letters to insert, delete or replace, or neighbours to swap, to turn one word into the other. */
function editDistance(a: string, b: string): number {
  const width = b.length + 1;
  // Row by row: cell (row, column) is the distance of the first `row` letters of a and the first `column` of b.
  const cells = Array.from({ length: width * (a.length + 1) }, (_, index) => index % width);
  const cell = (row: number, column: number): number => cells[row * width + column] ?? Infinity;
  for (let row = 1; row <= a.length; row += 1) {
    cells[row * width] = row;
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = cell(row - 1, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const isSwap = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const swapped = isSwap ? cell(row - 2, column - 2) + 1 : Infinity;
      cells[row * width + column] = Math.min(cell(row - 1, column) + 1, cell(row, column - 1) + 1, replaced, swapped);
    }
  }
  return cell(a.length, b.length);
}
