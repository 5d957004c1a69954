import { compileGlob } from '../../../libs/pods/src/glob.js';

/** What a pattern matches, out of the names it is meant for. */
export interface PatternFit {
  readonly pattern: string;
  /** Names that are matched and were not chosen. */
  readonly extra: readonly string[];
}

/**
 * The narrowest single pattern that matches all chosen names, by the rules of `libs/pods/src/glob.ts`: the name itself, a
 * common beginning or end with a `*`, both, or `*`. Patterns cannot list names, so others may match as well; they are named.
 *
 * @param all every name there is, the chosen ones included
 */
export function patternFor(chosen: readonly string[], all: readonly string[]): PatternFit {
  const [first, ...others] = chosen;
  if (first === undefined) return { pattern: '*', extra: all };
  if (others.length === 0) return fit(exactly(first), chosen, all);
  const start = shared(first, others, (name, length) => name.slice(0, length));
  const end = shared(first, others, (name, length) => name.slice(name.length - length));
  const shortest = Math.min(...chosen.map((name) => name.length));
  const candidates = [
    ...(start.length + end.length <= shortest && end !== '' && start !== ''
      ? [`${escaped(start)}*${escaped(end)}`]
      : []),
    ...(start === '' ? [] : [`${escaped(start)}*`]),
    ...(end === '' ? [] : [`*${escaped(end)}`]),
    '*',
  ];
  const fits = candidates
    .filter((pattern) => chosen.every(compileGlob(pattern)))
    .map((pattern) => fit(pattern, chosen, all));
  // Of equally narrow ones the first: it says most.
  return fits.reduce((best, next) => (next.extra.length < best.extra.length ? next : best));
}

function fit(pattern: string, chosen: readonly string[], all: readonly string[]): PatternFit {
  const matches = compileGlob(pattern);
  return { pattern, extra: all.filter((name) => matches(name) && !chosen.includes(name)) };
}

/** Without a star or question mark a pattern is the name itself, so nothing else needs care. */
function exactly(name: string): string {
  return /[*?]/.test(name) ? escaped(name) : name;
}

/** Literally this, beside a star. */
function escaped(text: string): string {
  return text.replaceAll(/[\\*?[]/g, String.raw`\$&`);
}

function shared(first: string, others: readonly string[], part: (name: string, length: number) => string): string {
  let length = first.length;
  while (length > 0 && !others.every((name) => name.length >= length && part(name, length) === part(first, length)))
    length--;
  return part(first, length);
}
