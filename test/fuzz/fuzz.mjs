/**
 * `npm run fuzz`: feeds every parser that faces the network or a file with broken input, then all routes of a running suite
 * with broken parameters.
 *
 *   npm run fuzz -- [--seconds 40 | --minutes N] [--seed N] [--only NAME] [--at NUMBER] [--write]
 *
 * The seed of a run is printed; the same seed gives the same inputs. `--only NAME --seed S --at NUMBER` makes one input
 * again. `--write` puts the table into docs/reliability.md.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { fuzzRoutes } from './routes.mjs';
import { runTarget } from './run-target.mjs';
import { writeSection } from './write-section.mjs';
import { targets as codecs } from './targets/codecs.mjs';
import { targets as files } from './targets/files.mjs';
import { targets as kernel } from './targets/kernel.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '40' },
    minutes: { type: 'string' },
    seed: { type: 'string' },
    only: { type: 'string' },
    at: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed ?? randomInt(1, 2 ** 31));
const totalMs = 1000 * (values.minutes === undefined ? Number(values.seconds) : 60 * Number(values.minutes));
/** Part of the time that the routes get; the parsers share the rest. */
const ROUTES_SHARE = 0.45;

const chosen = [...codecs, ...kernel, ...files].filter(
  ({ name }) => values.only === undefined || name.includes(values.only),
);
console.log(`fuzz: seed ${seed}, ${totalMs / 1000} s`);
const results = [];
const shares = chosen.reduce((sum, { share = 1 }) => sum + share, 0);
for (const target of chosen) {
  if (values.at !== undefined) {
    await again(target, Number(values.at));
    continue;
  }
  const ms = (totalMs * (1 - ROUTES_SHARE) * (target.share ?? 1)) / shares;
  results.push(await runTarget(target, { seed, untilMs: performance.now() + ms }));
  console.log(line(results.at(-1)));
}
if (values.only === undefined || 'routes'.includes(values.only)) {
  results.push(await fuzzRoutes({ seed, forMs: totalMs * ROUTES_SHARE, log: console.log }));
  console.log(line(results.at(-1)));
}

for (const { name, finds } of results)
  for (const { number, error, input } of finds)
    console.error(
      `\nFOUND in ${name}: ${error?.stack ?? error}\n  again: npm run fuzz -- --only '${name}' --seed ${seed} --at ${number}\n  input (base64): ${input}`,
    );
if (values.write) writeSection('fuzz', markdown());
const inputs = results.reduce((sum, one) => sum + one.inputs, 0);
const finds = results.reduce((sum, one) => sum + one.finds.length, 0);
console.log(`fuzz: ${inputs.toLocaleString('en-US')} inputs, ${finds} finds, seed ${seed}`);
process.exit(finds > 0 ? 1 : 0);

async function again(target, number) {
  const { inputs, refused, finds } = await runTarget(
    { ...target, run: (bytes, random) => (console.log(bytes.toString('base64')), target.run(bytes, random)) },
    { seed: (seed ^ Math.imul(1, 0x9e3779b1) ^ Math.imul(number + 1, 0x9e3779b1)) >>> 0, untilMs: Infinity, most: 1 },
  );
  console.log({ inputs, refused, finds });
}

function line({ name, inputs, refused, finds, slowestMs, more = '' }) {
  const count = (value) => value.toLocaleString('en-US').padStart(10);
  return `${name.padEnd(64)} ${count(inputs)} inputs ${count(refused)} refused  slowest ${slowestMs.toFixed(0).padStart(5)} ms  ${finds.length} finds${more}`;
}

function markdown() {
  const rows = results.map(
    ({ name, inputs, refused, slowestMs, finds, more = '' }) =>
      `| ${name}${more} | ${inputs.toLocaleString('en-US')} | ${refused.toLocaleString('en-US')} | ${slowestMs.toFixed(0)} ms | ${finds.length} |`,
  );
  return [
    `${new Date().toISOString().slice(0, 10)}, seed ${seed}, ${totalMs / 1000} s, Node ${process.versions.node}.`,
    '',
    '| parser | inputs | refused | slowest | finds |',
    '|---|--:|--:|--:|--:|',
    ...rows,
  ].join('\n');
}
