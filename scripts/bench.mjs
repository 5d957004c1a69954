/**
 * `npm run bench [name …]`: runs the benches of dist/bench and prints one table each. Every row compares with a baseline
 * measured in the same run, because absolute times of a shared machine mean little. Exit code 1 when a bench fails to
 * run; a missed target is shown, not judged.
 */
import { readdirSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { assertNode, buildIfNeeded, installIfNeeded } from './prepare.mjs';

assertNode();
installIfNeeded();
buildIfNeeded();

const wanted = process.argv.slice(2);
const benches = readdirSync(new URL('../dist/bench', import.meta.url))
  .filter((file) => file.endsWith('.bench.js'))
  .map((file) => file.replace('.bench.js', ''));
const unknown = wanted.filter((name) => !benches.includes(name));
if (unknown.length > 0) {
  console.error(`no bench is called ${unknown.join(', ')}; there are ${benches.join(', ')}`);
  process.exit(2);
}

console.log(
  `${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.version}`,
);
let failed = 0;
for (const name of benches) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  try {
    const { title, run } = await import(`../dist/bench/${name}.bench.js`);
    console.log(`\n${title}`);
    print(await run());
  } catch (error) {
    failed++;
    console.error(`${name} failed: ${error instanceof Error ? error.stack : error}`);
  }
}
process.exit(failed > 0 ? 1 : 0);

function print(rows) {
  const columns = ['name', 'measured', 'baseline', 'ratio', 'target'];
  const cells = [columns, ...rows.map((row) => columns.map((column) => String(row[column] ?? '')))];
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => line[at].length)));
  for (const line of cells) console.log(`  ${line.map((cell, at) => cell.padEnd(widths[at])).join('  ')}`.trimEnd());
}
