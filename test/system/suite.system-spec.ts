import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// The whole suite as `npm start` runs it, from dist/, on ports and directories of its own.
const directory = mkdtempSync(join(tmpdir(), 'suite-'));
const ports = {
  TRACER_PORT: '27080',
  TRACER_NODE_PORT: '27081',
  TRACER_INDEXER_PORT: '27082',
  TRACER_SPAN_API_PORT: '27083',
};
const env = {
  ...process.env,
  ...ports,
  TRACER_DATA_DIR: join(directory, 'data'),
  TRACE_DIR: join(directory, 'traces'),
};
const gateway = `http://127.0.0.1:${ports.TRACER_PORT}`;

interface Suite {
  readonly process: ChildProcess;
  readonly output: string[];
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
}

function start(more: Record<string, string> = {}): Suite {
  const child = spawn(process.execPath, ['dist/apps/tracer/src/main.js', 'up'], { env: { ...env, ...more } });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => output.push(text));
  return { process: child, output, ended: once(child, 'exit').then(([code]) => code as number | null) };
}

async function said(suite: Suite, text: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!suite.output.join('').includes(text)) {
    if (Date.now() > deadline || suite.process.exitCode !== null)
      throw new Error(`"${text}" was never said:\n${suite.output.join('')}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function refused(port: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined)) {
    if (Date.now() > deadline) throw new Error(`something still answers on port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function postgresPid(): string {
  const home = join(directory, 'data/postgres');
  const [cluster = ''] = readdirSync(home).filter((name) => name.startsWith('cluster-'));
  return readFileSync(join(home, cluster, 'postmaster.pid'), 'utf8').split('\n')[0] ?? '';
}

it('the command is a program, as a link to it takes for granted', () => {
  expect(execFileSync('dist/apps/tracer/src/main.js', ['version'], { encoding: 'utf8' })).toMatch(/^tracer \d/);
});

describe('the suite', () => {
  let suite: Suite;
  beforeAll(async () => {
    chmodSync(directory, 0o755);
    suite = start();
    await said(suite, `Ready at http://localhost:${ports.TRACER_PORT}`);
  }, 70_000);
  afterAll(async () => {
    suite.process.kill('SIGTERM');
    expect(await suite.ended).toBe(0);
    rmSync(directory, { recursive: true, force: true });
  });

  it('is ready when all four apps are, and says so app by app', async () => {
    const answer = await fetch(`${gateway}/ready`);
    const { ready, checks } = (await answer.json()) as { ready: boolean; checks: { name: string; ok: boolean }[] };
    expect([answer.status, ready, checks.every(({ ok }) => ok)]).toEqual([200, true, true]);
    for (const port of Object.values(ports)) expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
  });

  it('serves one document of all APIs and its own page at /docs', async () => {
    const document = (await (await fetch(`${gateway}/docs-json`)).json()) as { paths: object };
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/v1/pods', '/v1/trace-session/{id}', '/api/v1/files', '/api/v1/events/stream']),
    );
    expect(await (await fetch(`${gateway}/docs`)).text()).toContain('swagger-ui');
  });

  it('refuses a second start on the same directory, naming the first', async () => {
    const second = start({ TRACER_PORT: '27090' });
    expect(await second.ended).toBe(1);
    expect(second.output.join('')).toMatch(
      new RegExp(`in use by another tracer \\(process ${String(suite.process.pid)}\\)`),
    );
  });

  it('refuses busy ports, naming each and its variable', async () => {
    const second = start({ TRACER_DATA_DIR: join(directory, 'other') });
    expect(await second.ended).toBe(1);
    for (const [variable, port] of Object.entries(ports))
      expect(second.output.join('')).toContain(
        `port ${port} is in use by another process (change it with ${variable})`,
      );
  });

  it('refuses a directory it cannot write to, naming the setting', async () => {
    writeFileSync(join(directory, 'a-file'), '');
    const second = start({ TRACE_DIR: join(directory, 'a-file') });
    expect(await second.ended).toBe(1);
    expect(second.output.join('')).toContain(`TRACE_DIR: cannot write to ${join(directory, 'a-file')}`);
  });

  it('refuses wrong settings, all of them at once', async () => {
    const second = start({ TRACER_PORT: 'eighty', TRACER_NODE_PORT: '0' });
    expect(await second.ended).toBe(2);
    expect(second.output.join('')).toMatch(
      /TRACER_PORT="eighty".*TRACER_NODE_PORT=0|TRACER_NODE_PORT=0.*TRACER_PORT="eighty"/,
    );
  });

  it('starts an app again that was killed', async () => {
    const startTime = async (): Promise<string> => {
      const metrics = await (await fetch(`http://127.0.0.1:${ports.TRACER_INDEXER_PORT}/metrics`)).text();
      return /^process_start_time_seconds\S* (\d+)/m.exec(metrics)?.[1] ?? '';
    };
    const before = await startTime();
    execFileSync('pkill', ['-KILL', '-f', `trace-indexer/src/main.js.*${directory}`]);
    await said(suite, 'ended with SIGKILL; starts again');
    const deadline = Date.now() + 20_000;
    let after = '';
    while ((after === '' || after === before) && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      after = await startTime().catch(() => '');
    }
    expect(after).not.toBe(before);
    expect(after).not.toBe('');
  }, 40_000);

  it('stops everything at one Ctrl-C and can start again on the same data', async () => {
    suite.process.kill('SIGINT');
    expect(await suite.ended).toBe(0);
    for (const port of Object.values(ports)) await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow();
    suite = start();
    await said(suite, 'Ready at');
  }, 90_000);

  it('leaves no app and no database behind when it is killed, and starts again on what it left', async () => {
    const server = postgresPid();
    expect(existsSync(`/proc/${server}`)).toBe(true);
    suite.process.kill('SIGKILL');
    await suite.ended;
    for (const port of Object.values(ports)) await refused(port);
    const deadline = Date.now() + 60_000;
    while (existsSync(`/proc/${server}`) && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 100));
    expect(existsSync(`/proc/${server}`)).toBe(false);
    suite = start();
    await said(suite, 'Ready at');
  }, 150_000);
});
