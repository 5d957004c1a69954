import assert from 'node:assert/strict';
import type { Fault } from './fault.js';
import { KernelSession } from './kernel-session.js';
import { SpanLoad } from './span-load.js';
import { seconds } from './suite-stage.js';

const fullTraceDisk: Fault = {
  name: 'full disk for trace files',
  must: 'the session says so and fails; its file serves what was written; other services go on; tracing works when there is space',
  async run(stage) {
    const session = await KernelSession.start(stage, 'faults-*');
    const free = stage.fillDisk('traces');
    try {
      const tookMs = await stage.until(
        'the session has failed',
        async () => (await session.facts()).state !== 'running',
      );
      const { state, reason = '', events } = await session.facts();
      assert.equal(state, 'failed');
      assert.match(reason, /ENOSPC|no space/i);
      assert.equal((await stage.fetch('/api/v2/services')).status, 200);
      const served = await session.eventsInFile();
      free();
      const next = await KernelSession.start(stage, 'faults-*');
      const after = await next.stop();
      assert.equal(after.state, 'finished');
      await next.remove();
      await session.remove();
      return `failed after ${seconds(tookMs)}: "${reason}"; ${events} events counted, ${served} served from the cut file; the next session traced ${after.events}`;
    } finally {
      free();
    }
  },
};

const fullDatabaseDisk: Fault = {
  name: 'full disk for PostgreSQL',
  must: 'writes are refused with 5xx and never acknowledged; with space again it goes on; every acknowledged span is there',
  async run(stage) {
    const load = new SpanLoad(stage);
    await load.more(20);
    const free = stage.fillDisk('data');
    try {
      await stage.until('writes are refused', () => load.refusals > 3);
      const refused = load.refusalKinds;
      const alive = (await stage.fetch('/api/v1/files')).status;
      assert.equal(alive, 200);
      free();
      const back = await stage.until('the store is ready again', async () => (await stage.fetch('/ready')).ok);
      await load.more(20);
      const { acknowledged, lost } = await load.finish();
      assert.equal(lost, 0, `${lost} of ${acknowledged} acknowledged spans are gone`);
      return `refused: ${refused}; writes again ${seconds(back)} after space was made; ${acknowledged} spans acknowledged, ${lost} lost`;
    } finally {
      free();
    }
  },
};

export const fullDisks: readonly Fault[] = [fullTraceDisk, fullDatabaseDisk];
