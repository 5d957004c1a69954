import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const START_MS = 120_000;
export const APPS = ['tracer-svc', 'tracer-node', 'trace-indexer', 'span-api'];

/** The built suite on a directory and ports of its own, without limits on the rate of requests. */
export async function startSuite(firstPort, env = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'suite-'));
  chmodSync(directory, 0o755);
  const traces = join(directory, 'traces');
  const child = spawn(process.execPath, ['dist/apps/tracer/src/main.js', 'up'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      TRACER_PORT: String(firstPort),
      TRACER_NODE_PORT: String(firstPort + 1),
      TRACER_INDEXER_PORT: String(firstPort + 2),
      TRACER_SPAN_API_PORT: String(firstPort + 3),
      TRACER_DATA_DIR: join(directory, 'data'),
      TRACE_DIR: traces,
      TRACER_RATE_LIMIT: '0',
      TRACER_MAX_CONCURRENT: '0',
      TRACER_MAX_STREAMS: '0',
      ...env,
    },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  const url = `http://127.0.0.1:${firstPort}`;
  const suite = {
    url,
    traces,
    said: () => said,
    pidOf: (app) =>
      pids(child.pid).find((pid) =>
        read(`/proc/${pid}/cmdline`).includes(app === 'postgres' ? '/postgres\0-D' : `/${app}/src/main.js`),
      ),
    rss: (app) => Number(/^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${suite.pidOf(app)}/status`))?.[1] ?? 0) * 1024,
    async stop() {
      if (child.exitCode === null) {
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        const killer = setTimeout(() => child.kill('SIGKILL'), 60_000);
        await ended;
        clearTimeout(killer);
      }
      rmSync(directory, { recursive: true, force: true });
    },
  };
  for (const deadline = Date.now() + START_MS; !said.includes('Ready at'); await sleep(100))
    if (child.exitCode !== null || Date.now() > deadline) {
      await suite.stop();
      throw new Error(`the suite did not start:\n${said}`);
    }
  return suite;
}

const pids = (parent) => read(`/proc/${parent}/task/${parent}/children`).trim().split(' ').filter(Boolean);

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
