import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeDmUpload } from '@tracer/storage';
import { dmBinlog } from '../../libs/storage/src/testing/dm-events.js';
import { DmClient } from '../e2e/fixtures/dm-client.js';
import { SpanApiProcess } from './fixtures/span-api-process.js';

// span-api from dist/ is stopped, or killed with its database, in the middle of a feature run and of a scan.
const api = new SpanApiProcess(27_283);
const { base } = api;
const TRACES = 25;

/** Asked to stop; killed; killed together with the database. */
const RESTARTS: Record<string, () => Promise<unknown>> = {
  'a stop': () => api.endApi('SIGTERM'),
  'a kill': () => api.endApi('SIGKILL'),
  'a kill of the database as well': () => api.killPostgres(() => api.endApi('SIGKILL')),
};

beforeAll(() => api.start(), 180_000);
afterAll(() => api.stop());

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
    await api.start();
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
      const client = new DmClient(api.port);
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
