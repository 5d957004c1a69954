import assert from 'node:assert/strict';
import type { Fault } from './fault.js';
import { KernelSession } from './kernel-session.js';
import { SpanLoad } from './span-load.js';
import { seconds, type AppName, type SuiteStage } from './suite-stage.js';

const POD = 'faults-*';

function killed(app: AppName): Fault {
  return {
    name: `kill -9 ${app} under load`,
    must: 'starts again by itself; every acknowledged span is there',
    async run(stage, { factor }) {
      const load = new SpanLoad(stage);
      const away: number[] = [];
      for (let round = 0; round < factor; round++) {
        await load.more(20);
        away.push(await stage.killAndWait(app));
        await load.more(20);
      }
      const { acknowledged, refused, lost } = await load.finish();
      assert.equal(lost, 0, `${lost} of ${acknowledged} acknowledged spans are gone`);
      return `ready after ${away.map(seconds).join(', ')}; ${acknowledged} spans acknowledged, ${lost} lost, ${refused} requests refused meanwhile (${load.refusalKinds})`;
    },
  };
}

const killedAgent: Fault = {
  name: 'kill -9 tracer-node with a running session',
  must: 'the session is `interrupted`; its file is closed properly and serves all that was in it',
  async run(stage) {
    const session = await KernelSession.start(stage, POD);
    // What was written a moment ago is compressed and flushed once a second.
    await stage.until('the file has events', async () => (await session.eventsInFile()) > 0);
    const written = await session.eventsInFile();
    const before = await session.facts();
    const away = await stage.killAndWait('tracer-node');
    await stage.until('the session is known again', async () => (await session.facts()).state === 'interrupted');
    const info = await infoOf(stage, session.id);
    assert.equal(info.complete, true, `the file is ${JSON.stringify(info)}`);
    const served = await session.eventsInFile();
    assert.ok(served >= written, `${served} of ${written} events that were in the file are left`);
    await session.remove();
    return `ready after ${seconds(away)}; ${before.events} events counted before, ${served} served after; file complete`;
  },
};

/** What the indexer says about the file of a session. */
async function infoOf(stage: SuiteStage, id: string): Promise<{ complete: boolean }> {
  return stage.json<{ complete: boolean }>(`/api/v1/files/info?file=${id}.pfw.gz`);
}

const frozenAgent: Fault = {
  name: 'frozen agent (SIGSTOP)',
  must: 'the gateway answers within its deadline, names the node, and serves everything else',
  async run(stage) {
    const pid = stage.pidOf('tracer-node');
    process.kill(pid, 'SIGSTOP');
    try {
      const startedAt = performance.now();
      const pods = await stage.fetch('/v1/pods');
      const tookMs = performance.now() - startedAt;
      assert.equal(pods.headers.get('x-tracer-error'), 'NODES_UNREACHABLE');
      assert.match(pods.headers.get('x-tracer-warnings') ?? '', /no answer within 3000 ms/);
      assert.equal((await stage.fetch('/api/v1/files')).status, 200);
      assert.equal((await stage.fetch('/api/v2/services')).status, 200);
      process.kill(pid, 'SIGCONT');
      const back = await stage.ready();
      assert.equal((await stage.fetch('/v1/pods')).status, 200);
      return `answer after ${seconds(tookMs)} (deadline 3 s), node named; files and spans served; back ${seconds(back)} after SIGCONT`;
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  },
};

export const killedProcesses: readonly Fault[] = [
  killed('tracer-svc'),
  killed('span-api'),
  killed('postgres'),
  killed('trace-indexer'),
  killedAgent,
  frozenAgent,
];
