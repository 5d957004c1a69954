/**
 * `npm run load`: mixed traffic against a suite of its own, and what became of it.
 *
 *   npm run load -- [--minutes 15 | --seconds N] [--write]
 *
 * Prints the memory of every process over the time, and per kind of request how many there were, how many failed, and how
 * long they took. Fails when a request failed, or when the memory of a service still grows at the end. `--write` puts the
 * tables into docs/reliability.md.
 */
import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { APPS, startSuite } from '../test/fuzz/started-suite.mjs';
import { writeSection } from '../test/fuzz/write-section.mjs';
import { trafficOf } from '../test/load/traffic.mjs';
import { assertNode, buildIfNeeded, installIfNeeded } from './prepare.mjs';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '15' },
    seconds: { type: 'string' },
    write: { type: 'boolean', default: false },
    built: { type: 'boolean', default: false },
  },
});
const forMs = values.seconds === undefined ? Number(values.minutes) * 60_000 : Number(values.seconds) * 1000;
const SAMPLES = 30;
/** Of PostgreSQL the main process: its backends share most of their memory. */
const PROCESSES = [...APPS, 'postgres'];
/** More at the end than in the middle of the run, beyond what garbage collection leaves about. */
const GROWTH = 1.35;
const GROWTH_BYTES = 60 * 2 ** 20;

assertNode();
if (!values.built) {
  installIfNeeded();
  buildIfNeeded();
}
const suite = await startSuite(27680, { TRACER_RETENTION_DAYS: '7' });
let failed;
try {
  const traffic = await trafficOf(suite);
  const stop = new AbortController();
  const startedAt = performance.now();
  const running = traffic.kinds.map((kind) => lane(kind, stop.signal));
  const curve = [];
  for (let at = 0; at <= SAMPLES; at++) {
    curve.push({
      second: Math.round((performance.now() - startedAt) / 1000),
      rss: PROCESSES.map((app) => suite.rss(app)),
    });
    console.log(curveLine(curve.at(-1)));
    if (at < SAMPLES) await sleep(forMs / SAMPLES);
  }
  stop.abort();
  const kinds = await Promise.all(running);
  await traffic.stop();
  const text = report(kinds, curve, (performance.now() - startedAt) / 60_000);
  console.log(`\n${text}\n`);
  if (values.write) writeSection('load', text);
  failed = kinds.some(({ errors }) => errors > 0) || growing(curve).length > 0;
  for (const { name, firstError } of kinds) if (firstError !== undefined) console.error(`${name}: ${firstError}`);
} finally {
  await suite.stop();
}
process.exit(failed ? 1 : 0);

/** One kind of request, again and again with its pause, each begun when the one before has ended. */
async function lane({ name, pauseMs, run }, signal) {
  const result = { name, times: [], errors: 0, firstError: undefined };
  while (!signal.aborted) {
    const startedAt = performance.now();
    try {
      await run();
      result.times.push(performance.now() - startedAt);
    } catch (error) {
      result.errors++;
      result.firstError ??= error.cause?.message ?? error.message;
    }
    await sleep(pauseMs);
  }
  return result;
}

/** Processes that had clearly more memory in the last third than in the one before. */
function growing(curve) {
  const third = Math.floor(curve.length / 3);
  const median = (part, at) => part.map(({ rss }) => rss[at]).sort((a, b) => a - b)[part.length >> 1];
  return PROCESSES.filter((_, at) => {
    const [middle, last] = [median(curve.slice(third, 2 * third), at), median(curve.slice(-third), at)];
    return last > middle * GROWTH && last - middle > GROWTH_BYTES;
  });
}

function mib(bytes) {
  return (bytes / 2 ** 20).toFixed(0);
}

function curveLine({ second, rss }) {
  return `${String(second).padStart(5)} s  ${PROCESSES.map((app, at) => `${app} ${mib(rss[at]).padStart(4)} MiB`).join('  ')}`;
}

function report(kinds, curve, minutes) {
  const quantile = (times, part) => times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0;
  const rows = kinds.map(({ name, times, errors }) => {
    const sorted = times.sort((a, b) => a - b);
    return `| ${name} | ${times.length.toLocaleString('en-US')} | ${errors} | ${quantile(sorted, 0.5).toFixed(1)} | ${quantile(sorted, 0.99).toFixed(1)} | ${quantile(sorted, 1).toFixed(0)} |`;
  });
  const step = Math.max(1, Math.floor(curve.length / 10));
  const shown = curve.filter((_, at) => at % step === 0);
  const grows = growing(curve);
  return [
    `${new Date().toISOString().slice(0, 10)}, ${minutes.toFixed(1)} minutes, ${availableParallelism()} cores shared with the sender, Node ${process.versions.node}, load of the machine at the end ${loadavg()[0].toFixed(1)}.`,
    '',
    '| request | done | errors | p50 ms | p99 ms | slowest ms |',
    '|---|--:|--:|--:|--:|--:|',
    ...rows,
    '',
    `Memory (RSS, MiB) over the time; ${grows.length === 0 ? 'no process has clearly more in the last third than in the one before' : `still growing: ${grows.join(', ')}`}:`,
    '',
    `| second | ${PROCESSES.join(' | ')} |`,
    `|--:|${PROCESSES.map(() => '--:').join('|')}|`,
    ...shown.map(({ second, rss }) => `| ${second} | ${rss.map(mib).join(' | ')} |`),
  ].join('\n');
}
