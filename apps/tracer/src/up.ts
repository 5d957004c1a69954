import { chmodSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf, TracerError, writableDirectory } from '@tracer/base';
import type { SuiteConfig } from './config.js';
import { lockDataDirectory } from './data-directory.js';
import { KeptDatabase } from './kept-database.js';
import { readableLine } from './log-line.js';
import { assertPortsFree, hostInUrl, servesTls, suiteCommands } from './suite.js';
import { SupervisedApp } from './supervised-app.js';

const READY_POLL_MS = 250;
const STILL_WAITING_MS = 15_000;
const NAME_WIDTH = 'trace-indexer'.length;

type Print = (line: string) => void;

/**
 * Runs the whole suite until `stop` aborts: database, then the apps, then it waits for the gateway to be ready. What can
 * be known to be wrong (ports, directories, a second start) is said before anything starts. Resolves when all is
 * stopped, with false when something made it impossible to go on.
 */
export async function up(
  config: SuiteConfig,
  env: Readonly<Record<string, string | undefined>>,
  stop: AbortSignal,
  print: Print,
): Promise<boolean> {
  const directories = {
    data: writableDirectory(config.dataDirectory, 'TRACER_DATA_DIR'),
    traces: writableDirectory(config.traceDirectory, 'TRACE_DIR'),
  };
  const unlock = lockDataDirectory(directories.data);
  try {
    await assertPortsFree(config);
    if (process.getuid?.() === 0) chmodSync(directories.data, 0o755);
    const failed = new AbortController();
    const ended = AbortSignal.any([stop, failed.signal]);
    const show = (name: string, line: string): void => {
      print(config.logJson ? line : readableLine(name, line, NAME_WIDTH));
    };
    const database =
      config.databaseUrl === undefined
        ? await KeptDatabase.start(directories.data, (line) => {
            show('postgres', line);
          })
        : undefined;
    const url = database?.url ?? config.databaseUrl ?? '';
    const giveUp = (name: string): void => {
      show(name, 'cannot run like this; stopping everything');
      failed.abort();
    };
    const apps = suiteCommands(config, directories, url, env).map(
      (command) => new SupervisedApp(command, show, giveUp),
    );
    for (const app of apps) app.start();
    await announce(config, servesTls(env) ? 'https' : 'http', directories.traces, ended, print);
    await aborted(ended);
    print('stopping');
    for (const app of apps.reverse()) await app.stop(config.stopDeadlineMs + 2_000);
    await database?.stop();
    print('stopped');
    return !failed.signal.aborted;
  } finally {
    unlock();
  }
}

/** Waits until the gateway says that all four apps are ready, telling now and then what is missing. */
async function announce(
  config: SuiteConfig,
  scheme: 'http' | 'https',
  traces: string,
  ended: AbortSignal,
  print: Print,
): Promise<void> {
  const url = `${scheme}://localhost:${config.port}`;
  let saidAt = Date.now();
  while (!ended.aborted) {
    const missing = await whatIsMissing(`${scheme}://${hostInUrl(config.host)}:${config.port}/ready`);
    if (missing === undefined) {
      print(
        `\n  Ready at ${url}\n  API and try-out: ${url}/docs   Trace files: ${traces}\n  Ctrl-C stops everything.\n`,
      );
      return;
    }
    if (Date.now() - saidAt > STILL_WAITING_MS) {
      print(`still waiting: ${missing}`);
      saidAt = Date.now();
    }
    await sleep(READY_POLL_MS, undefined, { signal: ended }).catch(() => undefined);
  }
}

async function whatIsMissing(url: string): Promise<string | undefined> {
  try {
    const { ok, text } = await get(url);
    if (ok) return undefined;
    const { checks } = JSON.parse(text) as { checks: { name: string; ok: boolean; detail?: string }[] };
    return checks
      .filter(({ ok }) => !ok)
      .map(({ name, detail }) => `${name}: ${detail ?? 'not ready'}`)
      .join('; ');
  } catch (error) {
    return `the gateway does not answer yet (${reasonOf(error)})`;
  }
}

/** The gateway is our own: its certificate is made for whoever connects from outside, and nothing secret is sent. */
function get(url: string): Promise<{ readonly ok: boolean; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const options = { timeout: 5_000, rejectUnauthorized: false };
    const request = url.startsWith('https:') ? https.get(url, options) : http.get(url, options);
    request.once('error', reject);
    request.once('timeout', () => request.destroy(new Error('no answer within 5 s')));
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        resolve({ ok: response.statusCode === 200, text: Buffer.concat(chunks).toString() });
      });
    });
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener(
        'abort',
        () => {
          resolve();
        },
        { once: true },
      );
  });
}

/** What a person is told when the suite cannot start. */
export function startFailure(error: unknown): string {
  return error instanceof TracerError ? error.message : `unexpected: ${reasonOf(error)}`;
}
