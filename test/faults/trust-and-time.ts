import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { RawConnection } from './connections.js';
import type { Fault } from './fault.js';
import { KernelSession } from './kernel-session.js';
import { SpanLoad } from './span-load.js';
import { seconds } from './suite-stage.js';

const HOUR_MS = 3_600_000;

const revokedToken: Fault = {
  name: 'token revoked while it streams',
  must: 'the stream ends and says why; the token opens nothing more; others go on',
  async run(stage) {
    const token = randomBytes(24).toString('base64url');
    stage.setTokens({ bob: token });
    const asBob = { headers: { authorization: `Bearer ${token}` } };
    await stage.until('the token is known', async () => (await stage.fetch('/v1/pods', asBob)).status === 200);
    const session = await KernelSession.start(stage, 'faults-*');
    const bob = new RawConnection(stage).get(stage, `/v1/trace-session/${session.id}/events`, token);
    const other = new RawConnection(stage).get(stage, `/v1/trace-session/${session.id}/events`);
    await stage.until('both have events', () => bob.events > 0 && other.events > 0);
    stage.setTokens({});
    const tookMs = await stage.until('the stream has ended', () => bob.closed || bob.tail.endsWith('0\r\n\r\n'));
    assert.match(bob.tail, /"name":"stream ended"/);
    assert.equal((await stage.fetch('/v1/pods', asBob)).status, 401);
    const soFar = other.events;
    await stage.until('the other one goes on', () => other.events > soFar);
    for (const one of [bob, other]) one.end();
    await session.stop();
    await session.remove();
    return `ended ${seconds(tookMs)} after the list changed, with the reason as its last line; then 401; the other stream went on`;
  },
};

const clockJumps: Fault = {
  name: 'wall clock jumps an hour ahead, then two back',
  must: 'nothing ends that has time left; spans are acknowledged and found; durations are not negative',
  async run(stage) {
    const session = await KernelSession.start(stage, 'faults-*');
    const load = new SpanLoad(stage);
    try {
      for (const shift of [HOUR_MS, -HOUR_MS]) {
        stage.shiftClock(shift);
        await load.more(30);
        assert.equal((await session.facts()).state, 'running');
        assert.equal((await stage.fetch('/v1/pods')).status, 200);
      }
    } finally {
      stage.shiftClock(0);
    }
    const { acknowledged, lost, refused } = await load.finish();
    const facts = await session.stop();
    assert.deepEqual([facts.state, lost], ['finished', 0]);
    const events = await stage.fetch(`/api/v1/events?file=${session.id}.pfw.gz&limit=1000`);
    const durations = (await events.text()).split('\n').flatMap((line) => /"dur":(-?\d+)/.exec(line)?.[1] ?? []);
    assert.ok(durations.length > 0 && durations.every((dur) => Number(dur) >= 0));
    await session.remove();
    return `clocks of the processes shifted, not that of the machine: session went on (${facts.events} events), ${acknowledged} spans acknowledged, ${lost} lost, ${refused} refused`;
  },
};

export const trustAndTime: readonly Fault[] = [revokedToken, clockJumps];
