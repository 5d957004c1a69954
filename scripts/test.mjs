/**
 * `npm test`: everything, from a clone with nothing but Node. Each step is a command that can be run alone; the first
 * one that fails ends the run. What a machine cannot do is left out by name with `--without host,browser`, and the
 * closing line says so.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { assertNode, buildIfNeeded, installIfNeeded, run } from './prepare.mjs';

const JEST = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
/** Modules of finished test files are never freed, so a worker that has grown is replaced. */
const WORKERS = [`--maxWorkers=${Math.max(2, availableParallelism() - 1)}`, '--workerIdleMemoryLimit=1GB'];
const jest =
  (projects, ...more) =>
  () =>
    run('node', [...JEST, '--selectProjects', ...projects, ...more]);
const npm =
  (script, ...more) =>
  () =>
    run('npm', ['run', '--silent', script, ...more]);

const STEPS = [
  ['wasm', npm('build:wasm', '--', '--check'), 'the committed kernels are what the sources compile to'],
  ['types', npm('typecheck'), 'types of everything, tests included'],
  ['lint', npm('lint'), 'rules of the code'],
  ['format', npm('format'), 'formatting'],
  ['boundaries', npm('boundaries'), 'who may import whom'],
  ['openapi', npm('openapi', '--', '--check'), 'the committed API documents are what the code says'],
  [
    'unit',
    jest(['unit', 'e2e', 'medium'], ...WORKERS),
    'libraries, apps in process, real database and child processes',
  ],
  ['system', jest(['system'], '--runInBand'), 'the built apps as processes'],
  ['host', hostTests, 'tracing on the real kernel'],
  ['faults', faultTests, 'the suite, broken in one way after the other'],
  ['fuzz', npm('fuzz', '--', '--seconds', '40', '--seed', '20261121'), 'broken input for every parser and every route'],
  ['lab', labTests, 'real containers on a private containerd'],
  ['web', webTests, 'the page in a real browser'],
];

const left = new Set(optionValues('--without'));
const unknown = [...left].filter((name) => !STEPS.some(([step]) => step === name));
if (unknown.length > 0)
  fail(`--without: no step is called ${unknown.join(', ')}; there are ${STEPS.map(([name]) => name).join(', ')}`);
const only = optionValues('--only');

assertNode();
installIfNeeded();
buildIfNeeded();
for (const [name, step, what] of STEPS) {
  if (left.has(name) || (only.length > 0 && !only.includes(name))) continue;
  const startedAt = Date.now();
  console.log(`\n── ${name}: ${what}`);
  step();
  console.log(`── ${name}: done in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
}
console.log(`\nAll steps passed${left.size > 0 ? `; left out as asked: ${[...left].join(', ')}` : ''}.`);

/** Needs root and tracefs. Where they are missing this step fails and says how to leave it out: it is never skipped. */
function hostTests() {
  const problem = tracefsProblem();
  if (problem !== undefined)
    fail(`The host tests trace the real kernel, but ${problem}.\nOn such a machine run: npm test -- --without host`);
  jest(['host'], '--runInBand')();
}

/** Mounts small disks and traces, so it needs what the host tests need. */
function faultTests() {
  const problem = tracefsProblem();
  if (problem !== undefined)
    fail(`The fault suite mounts and traces, but ${problem}.\nOn such a machine run: npm test -- --without faults`);
  npm('test:faults')();
}

/** Brings up containerd, which it takes from Debian's packages when it is absent. */
function labTests() {
  const problem = tracefsProblem() ?? (existsSync('/usr/bin/apt-get') ? undefined : 'this is not a Debian system');
  if (problem !== undefined)
    fail(`The lab tests trace real containers, but ${problem}.\nOn such a machine run: npm test -- --without lab`);
  jest(['lab'], '--runInBand')();
}

/** Needs Chromium, which is taken from Debian's packages when it is absent. */
function webTests() {
  const browser = process.env.TRACER_CHROMIUM ?? '/usr/bin/chromium';
  if (!existsSync(browser) && existsSync('/usr/bin/apt-get') && process.getuid() === 0) {
    console.log('Installing Chromium …');
    const apt = (...args) => spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'] });
    apt('update', '-qq');
    apt('install', '-y', '-qq', '--no-install-recommends', 'chromium');
  }
  if (!existsSync(browser))
    fail(
      `The web tests need Chromium, but there is none at ${browser} and it could not be installed.\n` +
        'Set TRACER_CHROMIUM to one, or run: npm test -- --without web',
    );
  jest(['web'], '--runInBand')();
}

function tracefsProblem() {
  if (process.platform !== 'linux') return `this is ${process.platform}, not Linux`;
  if (process.getuid() !== 0) return 'this user is not root';
  if (!existsSync('/sys/kernel/tracing')) return 'this kernel has no /sys/kernel/tracing';
  if (!existsSync('/sys/kernel/tracing/instances')) {
    mkdirSync('/sys/kernel/tracing', { recursive: true });
    const { status } = spawnSync('mount', ['-t', 'tracefs', 'tracefs', '/sys/kernel/tracing'], { stdio: 'inherit' });
    if (status !== 0) return 'tracefs cannot be mounted on /sys/kernel/tracing';
  }
  return undefined;
}

function optionValues(name) {
  const at = process.argv.indexOf(name);
  return at < 0 ? [] : (process.argv[at + 1] ?? '').split(',').filter((value) => value !== '');
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
