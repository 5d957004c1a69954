import { withoutControls } from '../control-characters.js';

export interface Column<T> {
  readonly title: string;
  readonly value: (row: T) => string;
  /** Numbers stand at the right. */
  readonly right?: boolean;
  /** May be cut with `…` when the terminal is too narrow; without such a column lines are as long as they are. */
  readonly flexible?: boolean;
}

const GAP = '  ';
const LEAST_WIDTH = 8;

/**
 * Lines of a table, titles first. Without a width (output that is no terminal) nothing is ever cut. With one, flexible
 * columns give way, the widest first.
 */
export function tableLines<T>(columns: readonly Column<T>[], rows: readonly T[], width?: number): string[] {
  const cells = rows.map((row) => columns.map(({ value }) => withoutControls(value(row))));
  const titles = columns.map(({ title }) => title);
  const widths = columns.map((_, at) => Math.max(...[titles, ...cells].map((line) => textWidth(line[at] ?? ''))));
  if (width !== undefined) shrink(columns, widths, width);
  return [titles, ...cells].map((line) =>
    columns
      .map(({ right = false }, at) => fitted(line[at] ?? '', widths[at] ?? 0, right))
      .join(GAP)
      .trimEnd(),
  );
}

function shrink(columns: readonly Column<never>[], widths: number[], width: number): void {
  const total = (): number => widths.reduce((sum, one) => sum + one, GAP.length * (widths.length - 1));
  while (total() > width) {
    const flexible = widths.map((one, at) => (columns[at]?.flexible ? one : 0));
    const widest = Math.max(...flexible);
    if (widest <= LEAST_WIDTH) return;
    widths[flexible.indexOf(widest)] = widest - 1;
  }
}

function fitted(text: string, width: number, right: boolean): string {
  const shown = cut(text, width);
  const blanks = ' '.repeat(Math.max(0, width - textWidth(shown)));
  return right ? blanks + shown : shown + blanks;
}

/** The text, cut with `…` when it has more than `width` columns. */
export function cut(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = '';
  let used = 1;
  for (const character of text) {
    used += textWidth(character);
    if (used > width) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Columns of a terminal: two for the wide characters of East Asia and for pictures, none for marks on others. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{Mn}|\p{Me}|\p{Cf}/u.test(character)) continue;
    width +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return width;
}
