import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';

export interface Row {
  readonly name: string;
  readonly must: string;
  /** Undefined when it failed: then `failure` says why. */
  readonly measured: string | undefined;
  readonly failure?: string | undefined;
  readonly tookMs: number;
}

const DOCUMENT = new URL('../../docs/reliability.md', import.meta.url);

/** The table as Markdown. */
export function table(rows: readonly Row[]): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  return [
    '| fault | must show | measured |',
    '|---|---|---|',
    ...rows.map(
      ({ name, must, measured, failure }) =>
        `| ${cell(name)} | ${cell(must)} | ${cell(measured ?? `**FAILED**: ${failure}`)} |`,
    ),
  ].join('\n');
}

/** Where and when a run was made, for the line above its table. */
export function circumstances(rows: readonly Row[], scale: number): string {
  const minutes = rows.reduce((sum, { tookMs }) => sum + tookMs, 0) / 60_000;
  return `${new Date().toISOString().slice(0, 10)}, scale ${scale}, ${minutes.toFixed(1)} minutes, ${availableParallelism()} cores, Node ${process.versions.node}, load of the machine ${(loadavg()[0] ?? 0).toFixed(1)}.`;
}

/** Replaces what stands between `<!-- begin section -->` and `<!-- end section -->` in docs/reliability.md. */
export function writeSection(section: string, text: string): void {
  const [begin, end] = [`<!-- begin ${section} -->`, `<!-- end ${section} -->`];
  const document = readFileSync(DOCUMENT, 'utf8');
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/reliability.md has no section "${section}"`);
  writeFileSync(DOCUMENT, `${document.slice(0, from)}${begin}\n\n${text}\n\n${document.slice(to)}`);
}
