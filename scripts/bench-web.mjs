/**
 * `npm run bench:web [-- --events 30000000 --minutes 10]`, or `-- --traces directory --index directory` for one's own: how
 * fast the page is in a real Chromium, on the built suite and a generated trace: what goes over the wire, first paint, frames
 * while panning, zooming and wandering, memory of the tab minute by minute.
 * Absolute times of a shared machine mean little: frames are compared with those of a page that draws nothing.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { assertNode, buildIfNeeded, installIfNeeded } from './prepare.mjs';

assertNode();
installIfNeeded();
buildIfNeeded();

const EVENTS = option('events', 3_000_000);
const MINUTES = option('minutes', 0.5);
const PORT = option('port', 27_740);
const TRACES = textOption('traces');
const GATEWAY = `http://127.0.0.1:${PORT}`;
const INDEXER = `http://127.0.0.1:${PORT + 1}`;
const CHROMIUM = process.env.TRACER_CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking';
const MORE_FLAGS = '--disable-component-update --disable-sync --enable-precise-memory-info --js-flags=--expose-gc';

/** Notes the time of every frame and what our own drawing took of it. Runs before the page's own scripts. */
const WATCH_FRAMES = `(() => {
  const real = window.requestAnimationFrame.bind(window);
  const seen = { at: [], cost: [] };
  window.frames_ = seen;
  window.requestAnimationFrame = (callback) => real((now) => {
    const began = performance.now();
    callback(now);
    seen.cost.push(performance.now() - began);
  });
  const tick = (now) => { seen.at.push(now); real(tick); };
  real(tick);
})()`;

let direction = 1;
let file = '';

const scratch = mkdtempSync(join(tmpdir(), 'bench-web-'));
const children = [];
try {
  const traces = TRACES ?? (await corpus());
  console.log(`${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}, load ${loadavg()[0].toFixed(1)}\n`);
  transferSizes();
  await startSuite(traces);
  await measure();
} finally {
  for (const child of children) child.kill('SIGTERM');
  rmSync(scratch, { recursive: true, force: true });
}

function option(name, fallback) {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
}

function textOption(name) {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
}

/** The generated trace and its index are kept for the next run: making 30 million events takes minutes. */
async function corpus() {
  const { writeCorpus } = await import('../dist/bench/corpus.js');
  const directory = join(tmpdir(), `tracer-bench-web-${EVENTS}`);
  mkdirSync(directory, { recursive: true });
  await writeCorpus(join(directory, `training-${EVENTS}.pfw.gz`), { events: EVENTS });
  return directory;
}

/** What a browser loads for the first page, and what comes later, as gzip. */
function transferSizes() {
  const assets = new URL('../dist/web/assets/', import.meta.url);
  const html = readFileSync(new URL('../dist/web/index.html', import.meta.url), 'utf8');
  const first = new Set([...html.matchAll(/assets\/([^"]+)/g)].map(([, name]) => name));
  // The page that opens first, and what it imports at once.
  for (const name of readdirSync(assets)) if (/^files-page-.*\.(js|css)$/.test(name)) first.add(name);
  for (let before = 0; before !== first.size;) {
    before = first.size;
    for (const name of [...first].filter((known) => known.endsWith('.js')))
      for (const [, imported] of readFileSync(new URL(name, assets), 'utf8').matchAll(/from\s*"\.\/([^"]+\.js)"/g))
        first.add(imported);
  }
  const size = (names) => names.reduce((sum, name) => sum + gzipSync(readFileSync(new URL(name, assets))).length, 0);
  const all = readdirSync(assets).filter((name) => /\.(js|css)$/.test(name));
  const scripts = [...first].filter((name) => name.endsWith('.js'));
  report('JavaScript of the first page, gzip', `${kib(size(scripts))} (at most 200)`);
  report('Styles of the first page, gzip', kib(size([...first].filter((name) => name.endsWith('.css')))));
  report('All other views, loaded when opened, gzip', kib(size(all.filter((name) => !first.has(name)))));
}

async function startSuite(traces) {
  start('trace-indexer', [
    '-d',
    traces,
    '-p',
    String(PORT + 1),
    '--index-dir',
    textOption('index') ?? join(traces, 'index'),
  ]);
  await answering(`${INDEXER}/health`);
  start('tracer-svc', ['--address', `127.0.0.1:${PORT}`], { TRACER_INDEXER_URL: INDEXER });
  await answering(`${GATEWAY}/health`);
  const began = Date.now();
  for (;;) {
    const { files } = await (await fetch(`${GATEWAY}/api/v1/files`)).json();
    file = files[0]?.path ?? '';
    if (file !== '' && files.every(({ state }) => state === 'ready')) break;
    await pause(500);
  }
  const waited = (Date.now() - began) / 1000;
  const info = await (await fetch(`${GATEWAY}/api/v1/files/info?file=${encodeURIComponent(file)}`)).json();
  report('The file', `${info.num_events.toLocaleString('en')} events in ${mib(info.compressed_size)}`);
  report('Waited for the index', waited < 1 ? 'no, it was there' : `${waited.toFixed(0)} s`);
}

function start(app, argv, env = {}) {
  const script = new URL(`../dist/apps/${app}/src/main.js`, import.meta.url).pathname;
  children.push(spawn(process.execPath, [script, ...argv], { stdio: 'ignore', env: { ...process.env, ...env } }));
}

async function answering(url) {
  const deadline = Date.now() + 120_000;
  while ((await fetch(url).catch(() => undefined)) === undefined) {
    if (Date.now() > deadline) throw new Error(`${url} never answered`);
    await pause(100);
  }
}

async function measure() {
  const browser = await chromium.launchPersistentContext(join(scratch, 'profile'), {
    executablePath: CHROMIUM,
    args: [...FLAGS.split(' '), ...MORE_FLAGS.split(' ')],
    viewport: { width: 1600, height: 900 },
  });
  const page = await browser.newPage();
  await page.addInitScript(WATCH_FRAMES);
  page.setDefaultTimeout(600_000);
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));

  await page.goto(GATEWAY);
  await page.getByRole('link', { name: file }).waitFor();
  const shown = await page.evaluate('performance.now()');
  const paint = await page.evaluate('performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? -1');
  report('First paint from loopback', `${paint.toFixed(0)} ms, the list of files by ${shown.toFixed(0)} ms`);

  await page.goto('about:blank');
  const empty = await frames(page, 3_000, async () => undefined);
  report('Frames of a page that draws nothing', text(empty));

  const asked = countRequests(page);
  const opened = Date.now();
  const since = () => `${((Date.now() - opened) / 1000).toFixed(1)} s`;
  await page.goto(`${GATEWAY}/#/files/timeline?file=${encodeURIComponent(file)}`);
  await page.locator('.tl-lanes canvas').waitFor();
  report('Timeline of everything: rows after', since());
  await page.locator('.tl-corner:not([data-tiles="0"])').waitFor();
  report('  a first picture after', since());
  await page.locator('.tl-corner[data-busy="false"]').waitFor();
  report('  everything after', `${since()}, ${asked.text()}`);

  const box = await page.locator('.tl-lanes canvas').boundingBox();
  for (const [what, zoom] of [
    ['everything', 0],
    ['a hundredth', 13],
    ['a hundred-thousandth', 19],
  ]) {
    await page.mouse.move(box.x + box.width / 2, box.y + 200);
    for (let i = 0; i < zoom; i++) await page.keyboard.press('w');
    await settled(page);
    report(`Frames while panning, zoomed to ${what}`, text(await frames(page, 6_000, () => panning(page, box))));
  }
  report('Frames while zooming in and out', text(await frames(page, 6_000, () => zooming(page, box))));
  const before = asked.snapshot();
  const wandered = await wander(page, box);
  report(`Frames while wandering for ${MINUTES} min`, text(wandered));
  report('Requests meanwhile', asked.text(before));
  await settled(page);
  const kept = await page.locator('.tl-corner').getAttribute('title');
  report('Kept of the trace in the tab', kept ?? '');
  const client = await browser.newCDPSession(page);
  await client.send('HeapProfiler.collectGarbage');
  const { usedSize } = await client.send('Runtime.getHeapUsage');
  report('Heap of the tab after it', mib(usedSize));
  if (errors.length > 0) throw new Error(`scripts of the page failed: ${errors.join('; ')}`);
  await browser.close();
}

/** Waits until nothing is on its way for the view. */
async function settled(page) {
  await pause(400);
  await page.locator('.tl-corner[data-busy="false"]').waitFor();
}

async function frames(page, forMs, move) {
  await page.evaluate('window.frames_ && (window.frames_.at.length = window.frames_.cost.length = 0)');
  if ((await page.evaluate('typeof window.frames_')) === 'undefined') await page.evaluate(WATCH_FRAMES);
  const until = Date.now() + forMs;
  do {
    await move();
    await pause(0);
  } while (Date.now() < until);
  const { at, cost } = await page.evaluate('window.frames_');
  const apart = at.slice(1).map((time, i) => time - at[i]);
  return { apart: apart.sort((a, b) => a - b), cost: cost.sort((a, b) => a - b) };
}

async function panning(page, box) {
  const y = box.y + 220;
  const [from, to] = direction > 0 ? [0.9, 0.1] : [0.1, 0.9];
  direction = -direction;
  await page.mouse.move(box.x + box.width * from, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * to, y, { steps: 60 });
  await page.mouse.up();
}

async function zooming(page) {
  for (let i = 0; i < 8; i++) await page.keyboard.press('w');
  for (let i = 0; i < 8; i++) await page.keyboard.press('s');
}

/** Requests of the page and its worker: how many were answered, how many were cancelled because the view had moved on. */
function countRequests(page) {
  const counts = { answered: 0, cancelled: 0 };
  page.on('requestfinished', () => counts.answered++);
  page.on('requestfailed', () => counts.cancelled++);
  const text = ({ answered, cancelled } = { answered: 0, cancelled: 0 }) =>
    `${counts.answered - answered} requests answered, ${counts.cancelled - cancelled} cancelled`;
  return { snapshot: () => ({ ...counts }), text };
}

/** Memory of the processes of this browser that run pages: what the system counts, canvas and workers included. */
function rendererBytes() {
  let bytes = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      if (!line.includes('--type=renderer') || !line.includes(scratch)) continue;
      bytes = Math.max(
        bytes,
        Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024,
      );
    } catch {
      // It has ended meanwhile.
    }
  }
  return bytes;
}

/** Goes to and fro as people do, and reports each minute by itself: memory that grows shows. */
async function wander(page, box) {
  let seed = 7;
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  const client = await page.context().newCDPSession(page);
  let reportedAt = Date.now();
  let minute = 0;
  return frames(page, MINUTES * 60_000, async () => {
    if (Date.now() - reportedAt >= 60_000) {
      reportedAt = Date.now();
      await minuteReport(page, client, ++minute);
    }
    await panning(page, box);
    const key = random() < 0.5 ? 'w' : 's';
    for (let i = 0; i < 6 * random(); i++) await page.keyboard.press(key);
    if (random() < 0.1) await page.keyboard.press('0');
    await pause(300 * random());
  });
}

async function minuteReport(page, client, minute) {
  const { usedSize } = await client.send('Runtime.getHeapUsage');
  const kept = await page.locator('.tl-corner').getAttribute('title');
  const rss = rendererBytes();
  const facts = [
    `heap ${mib(usedSize)}`,
    ...(rss > 0 ? [`process ${mib(rss)}`] : []),
    kept,
    `load ${loadavg()[0].toFixed(1)}`,
  ];
  report(`  minute ${minute}`, facts.join(', '));
}

function text({ apart, cost }) {
  const at = (list, share) => list[Math.min(list.length - 1, Math.floor(list.length * share))] ?? 0;
  const mean = apart.reduce((sum, value) => sum + value, 0) / Math.max(1, apart.length);
  const apartText = `${(1000 / mean).toFixed(1)}/s, p50 ${at(apart, 0.5).toFixed(1)}, p99 ${at(apart, 0.99).toFixed(1)} ms apart`;
  if (cost.length === 0) return apartText;
  return `${apartText}; drawing takes p50 ${at(cost, 0.5).toFixed(1)}, p99 ${at(cost, 0.99).toFixed(1)} ms`;
}

function report(what, value) {
  console.log(`${what.padEnd(50)} ${value}`);
}

function kib(bytes) {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}

function mib(bytes) {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
