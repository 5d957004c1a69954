import { describe, expect, it } from '@jest/globals';
import { followAll } from './followers.js';
import { useAgent } from './testing/fake-world.js';

const stage = useAgent();

const failure = (code: string, message: RegExp): object =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe('following', () => {
  const follower = (): { lines: (lines: Buffer) => void; end: (reason: string) => void; got: string[] } => {
    const got: string[] = [];
    return { got, lines: (lines) => got.push(lines.toString()), end: (reason) => got.push(reason) };
  };

  it('begins with the run when the session has not run yet, and ends with it', async () => {
    const session = await stage.create();
    const [one, other] = [follower(), follower()];
    session.follow(one);
    session.follow(other)();
    await stage.agent.start([session]);
    stage.world.engine.last.emit('{"id":1}');
    await stage.agent.stop([session]);
    expect([one.got, other.got]).toEqual([['{"id":1}\n', 'stopped'], []]);
  });

  it('asks the run for lines only while somebody follows', async () => {
    const session = await stage.create();
    await stage.agent.start([session]);
    expect(stage.world.engine.last.receivers.size).toBe(0);
    const leave = session.follow(follower());
    const leaveToo = session.follow(follower());
    expect(stage.world.engine.last.receivers.size).toBe(1);
    leave();
    expect(stage.world.engine.last.receivers.size).toBe(1);
    leaveToo();
    expect(stage.world.engine.last.receivers.size).toBe(0);
  });

  it('is refused after the run', async () => {
    const session = await stage.create();
    await stage.agent.start([session]);
    await stage.agent.stop([session]);
    expect(() => session.follow(follower())).toThrow(failure('SESSION_CONFLICT', /its events are in .*\.pfw\.gz/));
  });

  it('of several sessions leaves nobody behind when one of them is over', async () => {
    const [running, over] = [await stage.create(), await stage.create()];
    await stage.agent.start([over]);
    await stage.agent.stop([over]);
    await stage.agent.start([running]);
    const run = stage.world.engine.last;
    expect(() => followAll([running, over], follower())).toThrow(failure('SESSION_CONFLICT', /its events are in/));
    expect(run.receivers.size).toBe(0);
    const leave = followAll([running], follower());
    expect(run.receivers.size).toBe(1);
    leave();
    expect(run.receivers.size).toBe(0);
  });

  it('ends when the session is deleted', async () => {
    const session = await stage.create();
    const one = follower();
    session.follow(one);
    await stage.agent.remove([session], { purge: false });
    expect(one.got).toEqual(['deleted']);
  });
});
