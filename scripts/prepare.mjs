/**
 * What `npm start` and `npm test` need before anything of the project can run: a Node that is new enough, the
 * dependencies of the lockfile, and a build. Uses nothing but Node, because nothing else may be installed yet.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs a command in the repository with its output shown; ends this process with its code when it fails. */
export function run(command, args, { env = {}, quiet = false } = {}) {
  const stdio = quiet ? ['ignore', 'ignore', 'inherit'] : 'inherit';
  const { status, error } = spawnSync(command, args, { cwd: root, stdio, env: { ...process.env, ...env } });
  if (error) console.error(`${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

export function assertNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`Node ${process.versions.node} is too old: 20.19 or later is needed.`);
  process.exit(1);
}

/**
 * `npm ci` when node_modules is missing or older than the lockfile. A node_modules that is a link belongs to another
 * checkout: npm would empty that one.
 */
export function installIfNeeded() {
  if (lstatSync(`${root}/node_modules`, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  const installed = timeOf('node_modules/.package-lock.json');
  if (installed !== 0 && installed >= timeOf('package-lock.json')) return;
  console.log('Installing dependencies …');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
}

/** Builds what is older than its sources: the apps and libs in dist/, and the page in dist/web. */
export function buildIfNeeded() {
  buildAppsIfNeeded();
  buildPageIfNeeded();
}

function buildAppsIfNeeded() {
  const stamp = 'dist/apps/tracer/src/main.js';
  const sources = [
    'apps',
    'libs',
    'bench',
    'tsconfig.json',
    'tsconfig.build.json',
    'nest-cli.json',
    'package-lock.json',
  ];
  if (existsSync(`${root}/${stamp}`) && Math.max(...sources.map(newest)) < builtAt()) return;
  console.log('Building …');
  const begun = new Date();
  run('npm', ['run', '--silent', 'build']);
  // What was changed meanwhile may not be in it.
  writeFileSync(BUILT, '');
  utimesSync(BUILT, begun, begun);
}

function buildPageIfNeeded() {
  const built = timeOf('dist/web/index.html');
  if (built !== 0 && Math.max(...['web', 'package-lock.json'].map(newest)) < built) return;
  console.log('Building the page …');
  run('npm', ['run', '--silent', 'build:web']);
}

const timeOf = (path) => statSync(`${root}/${path}`, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Written once a build has succeeded: what the compiler writes says as much after a failed one. */
const BUILT = `${root}/dist/.built`;
const builtAt = () => timeOf('dist/.built');

function newest(path) {
  const full = `${root}/${path}`;
  const stat = statSync(full, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) return stat?.mtimeMs ?? 0;
  return Math.max(stat.mtimeMs, ...readdirSync(full).map((name) => newest(`${path}/${name}`)));
}

/** The version that the package says it is. */
export const version = () => JSON.parse(readFileSync(`${root}/package.json`, 'utf8')).version;
