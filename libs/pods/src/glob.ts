/**
 * Patterns for pod and container names.
 *
 *   no `*` and no `?`   the exact name, every other character literally
 *   `*` alone           every name
 *   anything else       Go's `filepath.Match` on a Unix system:
 *
 *     '*'           any sequence of characters without '/'
 *     '?'           one character, not '/'
 *     '[' ['^'] { c | '\' c | lo '-' hi } ']'   one character (also '/') in, or not in, a non-empty class
 *     '\' c         the character c
 *
 * A malformed pattern matches nothing. As in Go, a `*` that is followed by more pattern settles for the first place
 * where the piece up to the next `*` fits, and never looks back: the work is at most |pattern| × |name|, whatever the
 * pattern. (Only a class that admits '/' can tell this from a search of all places.) Characters are code points.
 */
export type NameMatcher = (name: string) => boolean;

/** One element of a pattern that consumes exactly one character. */
type Element = (character: string) => boolean;

/** The elements between two stars. `afterStar`: any characters but '/' may come before. */
interface Piece {
  readonly afterStar: boolean;
  readonly elements: readonly Element[];
}

const matchesNothing: NameMatcher = () => false;

/** Compiles a pattern once, for use on many names. Never throws. */
export function compileGlob(pattern: string): NameMatcher {
  if (pattern === '*') return () => true;
  if (!/[*?]/.test(pattern)) return (name) => name === pattern;
  const pieces = parsePattern(Array.from(pattern));
  return pieces === undefined ? matchesNothing : (name) => matchPieces(pieces, Array.from(name));
}

/** Whether a pattern is malformed, so that no name will ever match it. */
export function isMalformedGlob(pattern: string): boolean {
  return /[*?]/.test(pattern) && parsePattern(Array.from(pattern)) === undefined;
}

function matchPieces(pieces: readonly Piece[], name: readonly string[]): boolean {
  let at = 0;
  for (const [index, piece] of pieces.entries()) {
    const next = placePiece(piece, index === pieces.length - 1, name, at);
    if (next === undefined) return false;
    at = next;
  }
  return at === name.length;
}

/** Where the name goes on after `piece`, tried at `from` and, after a star, at each later place up to the next '/'. */
function placePiece(piece: Piece, isLast: boolean, name: readonly string[], from: number): number | undefined {
  const { afterStar, elements } = piece;
  if (isLast && afterStar && elements.length === 0) return name.includes('/', from) ? undefined : name.length;
  for (let start = from; start + elements.length <= name.length; start++) {
    const end = start + elements.length;
    const acceptable = !isLast || end === name.length;
    if (acceptable && elements.every((element, i) => element(name[start + i] ?? ''))) return end;
    if (!afterStar || name[start] === '/') return undefined;
  }
  return undefined;
}

function parsePattern(pattern: readonly string[]): Piece[] | undefined {
  const pieces: Piece[] = [];
  let afterStar = false;
  let elements: Element[] = [];
  for (let at = 0; at < pattern.length;) {
    if (pattern[at] === '*') {
      if (elements.length > 0) pieces.push({ afterStar, elements });
      elements = [];
      afterStar = true;
      at++;
      continue;
    }
    const parsed = parseElement(pattern, at);
    if (parsed === undefined) return undefined;
    elements.push(parsed.element);
    at = parsed.next;
  }
  pieces.push({ afterStar, elements });
  return pieces;
}

function parseElement(pattern: readonly string[], at: number): { element: Element; next: number } | undefined {
  if (pattern[at] === '?') return { element: (character) => character !== '/', next: at + 1 };
  if (pattern[at] === '[') return parseClass(pattern, at + 1);
  const literalAt = pattern[at] === '\\' ? at + 1 : at;
  const literal = pattern[literalAt];
  if (literal === undefined) return undefined;
  return { element: (character) => character === literal, next: literalAt + 1 };
}

/** Parses the class whose '[' stands just before `at`. */
function parseClass(pattern: readonly string[], at: number): { element: Element; next: number } | undefined {
  const negated = pattern[at] === '^';
  const ranges: { low: number; high: number }[] = [];
  let next = negated ? at + 1 : at;
  while (pattern[next] !== ']' || ranges.length === 0) {
    const low = parseClassCharacter(pattern, next);
    const isRange = low !== undefined && pattern[low.next] === '-';
    const high = isRange ? parseClassCharacter(pattern, low.next + 1) : low;
    // An open class is malformed even where the name has already been decided.
    if (low === undefined || high === undefined || high.next >= pattern.length) return undefined;
    ranges.push({ low: low.codePoint, high: high.codePoint });
    next = high.next;
  }
  const element: Element = (character) => {
    const codePoint = character.codePointAt(0) ?? 0;
    return ranges.some(({ low, high }) => low <= codePoint && codePoint <= high) !== negated;
  };
  return { element, next: next + 1 };
}

function parseClassCharacter(pattern: readonly string[], at: number): { codePoint: number; next: number } | undefined {
  const first = pattern[at];
  if (first === undefined || first === '-' || first === ']') return undefined;
  const characterAt = first === '\\' ? at + 1 : at;
  const codePoint = pattern[characterAt]?.codePointAt(0);
  return codePoint === undefined ? undefined : { codePoint, next: characterAt + 1 };
}
