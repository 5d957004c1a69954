import { afterAll, describe, expect, it } from '@jest/globals';
import { processesByPod, SessionProcesses } from './session-processes.js';
import { FakeWorld } from './testing/fake-world.js';

const container = (key: string, name: string) => ({ key, pod: key, container: name });
const CONTAINERS = [container('shop-1', 'web'), container('shop-1', 'side'), container('shop-2', 'web')];
const looking =
  (...pids: readonly number[][]) =>
  ({ key, container: name }: { key: string; container: string }): readonly number[] =>
    pids[CONTAINERS.findIndex((one) => one.key === key && one.container === name)] ?? [];

describe('the processes of a session', () => {
  it('are remembered by container when they have ended, and over restarts', () => {
    const processes = new SessionProcesses(CONTAINERS);
    processes.look(looking([1, 2], [3], []));
    processes.look(looking([2], [], [4]));
    expect(processes.seen).toEqual([[1, 2], [3], [4]]);
    const after = new SessionProcesses(CONTAINERS, processes.seen);
    after.look(looking([5]));
    expect(after.seen).toEqual([[1, 2, 5], [3], [4]]);
  });

  it('with a number that came again belong to the last container', () => {
    const processes = new SessionProcesses(CONTAINERS);
    processes.look(looking([7], [], []));
    processes.look(looking([], [], [7]));
    expect(processes.seen).toEqual([[], [], [7]]);
  });

  it('are bounded: the first seen are forgotten', () => {
    const processes = new SessionProcesses(CONTAINERS, [], 3);
    processes.look(looking([1, 2], [3, 4]));
    processes.look(looking([5]));
    expect(processes.seen).toEqual([[5], [3, 4], []]);
  });

  it('are shown by pod', () => {
    expect(processesByPod(CONTAINERS, [[1], [], [2, 3]])).toEqual({
      'shop-1': { web: [1], side: [] },
      'shop-2': { web: [2, 3] },
    });
    // A session of before this was kept.
    expect(processesByPod(CONTAINERS.slice(0, 1), [])).toEqual({ 'shop-1': { web: [] } });
  });
});

describe('a stored session', () => {
  const world = new FakeWorld();
  afterAll(() => world.close());

  it.each(['stopped', 'died'])('still knows who was in which container, when the agent %s', async (how) => {
    world.pods.processes.set('web', [10]).set('side', [20]);
    const agent = await world.agent();
    const request = { pod: 'shop-1', container: '*', hook: 'ok', args: '', context: '', limits: {} };
    const session = await agent.create(request);
    await agent.start([session]);
    expect(session.processes).toEqual([[10], [20]]);
    world.pods.processes.set('web', [11]);
    session.lookForTasks();
    await session.checkpoint();
    if (how === 'stopped') await agent.close();
    world.pods.processes.clear();
    const next = await world.agent();
    expect(next.find(session.definition.id)[0]?.processes).toEqual([[10, 11], [20]]);
  });
});
