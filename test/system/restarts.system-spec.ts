import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeDmUpload } from '@tracer/storage';
import { startPostgres, type EmbeddedPostgres } from '../../apps/tracer/src/embedded-postgres.js';
import { dmBinlog } from '../../libs/storage/src/testing/dm-events.js';
import { DmClient } from '../e2e/fixtures/dm-client.js';

// span-api from dist/ is stopped, or killed with its database, in the middle of a feature run and of a scan.
const PORT = 27_283;
const base = `http://127.0.0.1:${PORT}`;
const directory = mkdtempSync(join(tmpdir(), 'restarts-'));
const TRACES = 25;

let postgres: EmbeddedPostgres;
let api: ChildProcess;

function startApi(): ChildProcess {
  const env = { ...process.env, DATABASE_URL: postgres.url, TRACER_SPAN_API_ADDRESS: `127.0.0.1:${PORT}` };
  return spawn(process.execPath, ['dist/apps/span-api/src/main.js', '--log-level', 'silent'], { env, stdio: 'ignore' });
}

async function ready(): Promise<void> {
  const deadline = Date.now() + 60_000;
  while ((await fetch(`${base}/ready`).catch(() => undefined))?.status !== 200) {
    if (Date.now() > deadline) throw new Error('span-api did not become ready');
    await sleep(50);
  }
}

async function end(signal: NodeJS.Signals): Promise<void> {
  api.kill(signal);
  if (api.exitCode === null && api.signalCode === null) await once(api, 'exit');
}

/** The processes of the crashed server need a moment to notice that they are alone. */
async function postgresAgain(): Promise<EmbeddedPostgres> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await startPostgres(directory, () => undefined);
    } catch (error) {
      if (attempt === 40) throw error;
      await sleep(250);
    }
  }
}

/** Asked to stop; killed; killed together with the database. */
const RESTARTS: Record<string, () => Promise<void>> = {
  'a stop': () => end('SIGTERM'),
  'a kill': () => end('SIGKILL'),
  'a kill of the database as well': async () => {
    postgres.process.kill('SIGKILL');
    await end('SIGKILL');
    await postgres.ended;
    postgres = await postgresAgain();
  },
};

beforeAll(async () => {
  chmodSync(directory, 0o755);
  postgres = await startPostgres(directory, () => undefined);
  api = startApi();
  await ready();
}, 90_000);
afterAll(async () => {
  await end('SIGTERM');
  await postgres.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function act(action: string, body: object): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await fetch(`${base}/api/tracing/${action}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

async function scan(offset: number, limit: number): Promise<string[]> {
  const answer = await fetch(`${base}/events/scan?offset=${offset}&limit=${limit}`);
  const groups = (await answer.json()) as { event: { base: { traceID: string } } }[][];
  return groups.map(([first]) => first?.event.base.traceID ?? '');
}

describe.each(Object.keys(RESTARTS))('after %s', (how) => {
  const again = async (): Promise<void> => {
    await RESTARTS[how]?.();
    api = startApi();
    await ready();
  };

  it('a feature run goes on with its next step', async () => {
    const run = { trace_tag: 'checkout', trace_id: how };
    const started = await act('start', run);
    await act('step', { ...run, step_name: 'before' });
    await again();
    const between = await act('step', { ...run, step_name: 'between' });
    expect(between).toMatchObject({ status: 200, body: { message: 'Step added' } });
    await again();
    const ended = await act('step', { ...run, step_name: 'after', end_trace: true });
    expect(ended).toMatchObject({
      status: 200,
      body: {
        message: 'Trace ended',
        start_time: started.body['start_time'],
        steps: [{ step_name: 'before' }, { step_name: 'between' }, { step_name: 'after' }],
      },
    });
    expect((await act('end', run)).status).toBe(404);
  }, 240_000);

  it('a scan goes on with its next page, and a worker with its next batch', async () => {
    await fetch(`${base}/events/truncate`, { method: 'POST' });
    const id = (trace: number): string => `mysql-replica-01.syncer.test.${trace}`;
    const upload = async (from: number, to: number): Promise<void> => {
      const client = new DmClient(PORT);
      const traces = Array.from({ length: to - from }, (_, index) => dmBinlog(id(from + index)));
      const stored = await client.call('/pb.Tracer/UploadSyncerBinlogEvent', encodeDmUpload(traces));
      client.close();
      expect(stored).toEqual(Buffer.from([8, 1]));
    };
    await upload(0, TRACES);
    const seen = await scan(0, 10);
    await again();
    seen.push(...(await scan(10, 10)));
    await upload(TRACES, TRACES + 5);
    await again();
    seen.push(...(await scan(20, 10)));
    expect(seen).toEqual(Array.from({ length: TRACES + 5 }, (_, trace) => id(trace)));
    expect(await scan(TRACES + 5, 10)).toEqual([]);
  }, 240_000);
});
