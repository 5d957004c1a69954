import { describe, expect, it } from '@jest/globals';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TracerError } from '@tracer/base';
import type { LiveSession } from './live-session.js';
import type { SessionRequest } from './session-registry.js';
import { useAgent } from './testing/fake-world.js';

const stage = useAgent();

const stateOf = (session: LiveSession): string => session.view().record.state;
const failure = (code: string, message: RegExp): object =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe('defining a session', () => {
  it('takes the containers that match, splits the arguments and runs nothing', async () => {
    const session = await stage.create({ args: '  -s   read\twrite\n ', context: 'mine', group: 'g.1' });
    expect(session.view()).toMatchObject({
      running: false,
      record: {
        state: 'pending',
        definition: {
          params: ['-s', 'read', 'write'],
          context: 'mine',
          group: 'g.1',
          hookGroup: 'fake',
          containers: [{ container: 'web' }, { container: 'side' }],
          limits: { timeMs: 0, events: 0, bytes: 1000 },
        },
        run: { counts: { events: 0, lost: 0, bytes: 0 } },
      },
    });
    expect(stage.world.engine.runs).toEqual([]);
  });

  it.each<[Partial<SessionRequest>, string, RegExp]>([
    [{ hook: 'nope' }, 'HOOK_UNKNOWN', /there is no hook "nope"/],
    [{ hook: 'fake/nope' }, 'HOOK_UNKNOWN', /there is no hook "fake\/nope"/],
    [{ hook: 'gone' }, 'HOOK_UNAVAILABLE', /"gone" cannot be used on this node: no event x\/y/],
    [{ args: '-s bad1' }, 'HOOK_ARGUMENT_INVALID', /bad1/],
    [{ pod: 'zzz' }, 'CONTAINER_NOT_MATCHED', /no container "\*" in a pod "zzz"/],
    [{ container: '' }, 'CONTAINER_NOT_MATCHED', /no container ""/],
    [{ pod: '[*' }, 'CONTAINER_NOT_MATCHED', /^pod: "\[\*" is a malformed pattern; no container/],
    [{ container: 'a[?' }, 'CONTAINER_NOT_MATCHED', /^container: "a\[\?" is a malformed pattern; no container/],
    [{ limits: { bytes: 1001 } }, 'BODY_MALFORMED', /byte-limit must not be greater than 1000/],
    [{ group: 'all' }, 'BODY_MALFORMED', /X-Tracer-Group/],
    [{ group: 'a b' }, 'BODY_MALFORMED', /X-Tracer-Group/],
  ])('refuses %j', async (more, code, message) => {
    await expect(stage.create(more)).rejects.toEqual(failure(code, message));
    expect(stage.agent.all()).toEqual([]);
  });

  it('takes a qualified hook name and limits up to those of the agent', async () => {
    const session = await stage.create({ hook: 'fake/ok', limits: { timeMs: 5, bytes: 1000 } });
    expect(session.definition).toMatchObject({ hook: 'ok', limits: { timeMs: 5, events: 0, bytes: 1000 } });
  });

  it('keeps to the number of sessions', async () => {
    await Promise.all(Array.from({ length: 4 }, () => stage.create()));
    await expect(stage.create()).rejects.toEqual(failure('TOO_MANY', /4 sessions are defined already/));
    await stage.agent.remove(stage.agent.all().slice(0, 1), { purge: false });
    await expect(stage.create()).resolves.toBeDefined();
  });
});

describe('finding sessions', () => {
  it('takes an id with leading zeros, and a group', async () => {
    const [one, other] = [await stage.create({ group: 'g' }), await stage.create({ group: 'g' })];
    expect(stage.agent.find(`00${one.definition.id}`)).toEqual([one]);
    expect(stage.agent.find('g')).toEqual([one, other]);
    expect(stage.agent.all()).toEqual([one, other]);
  });

  it('takes a group that is a number, which no session has', async () => {
    const session = await stage.create({ group: '123' });
    expect([stage.agent.find('123'), stage.agent.find('0123')]).toEqual([[session], [session]]);
  });

  it.each([
    ['123', 'SESSION_NOT_FOUND', /no session with id 123$/],
    ['007', 'SESSION_NOT_FOUND', /no session with id 7$/],
    ['abc', 'SESSION_ID_INVALID', /"abc"/],
    ['all', 'SESSION_ID_INVALID', /"all"/],
    ['18446744073709551616', 'SESSION_ID_INVALID', /larger/],
  ])('says that there is no %s', (id, code, message) => {
    expect(() => stage.agent.find(id)).toThrow(failure(code, message));
  });
});

describe('running', () => {
  it('traces all processes and threads that the containers have at the start', async () => {
    const session = await stage.create();
    stage.world.pods.processes.set('web', [11, 12]);
    await stage.agent.start([session]);
    const { tasks, file, limits } = stage.world.engine.last.spec;
    expect(tasks).toEqual({ pids: [11, 12, 20], tids: [11, 1011, 12, 1012, 20, 1020] });
    expect(file).toBe(join(stage.world.directory, `${session.definition.id}.pfw.gz`));
    expect(limits.bytes).toBe(1000);
    expect(session.view()).toMatchObject({
      running: true,
      printed: { output: ['/trace'], errors: [] },
      record: { state: 'running', file: `${session.definition.id}.pfw.gz`, run: { counts: { tasks: 6 } } },
    });
  });

  it('hands over processes that come later, each once, also when an id comes again', async () => {
    const session = await stage.create({ container: 'web' });
    await stage.agent.start([session]);
    stage.world.pods.processes.set('web', [10, 30]);
    await sleep(60);
    stage.world.pods.processes.set('web', [10]);
    await sleep(60);
    stage.world.pods.processes.set('web', [10, 30]);
    await sleep(60);
    expect(stage.world.engine.last.added).toEqual([
      { pids: [30], tids: [30, 1030] },
      { pids: [30], tids: [30, 1030] },
    ]);
  });

  it('goes on when the pods cannot be read for a while', async () => {
    const session = await stage.create({ container: 'web' });
    await stage.agent.start([session]);
    stage.world.pods.failure = new TracerError('PODS_UNREADABLE', 'socket gone');
    stage.world.pods.processes.set('web', [10, 30]);
    await sleep(40);
    expect(stage.world.engine.last.added).toEqual([]);
    stage.world.pods.failure = undefined;
    await sleep(60);
    expect(stage.world.engine.last.added).toHaveLength(1);
  });

  it('looks for processes only while something runs', async () => {
    const session = await stage.create();
    const { scans } = stage.world.pods;
    await sleep(50);
    expect(stage.world.pods.scans).toBe(scans);
    await stage.agent.start([session]);
    await sleep(50);
    await stage.agent.stop([session]);
    const after = stage.world.pods.scans;
    expect(after).toBeGreaterThan(scans + 1);
    await sleep(50);
    expect(stage.world.pods.scans).toBeLessThanOrEqual(after + 1);
  });

  it('can be started and stopped any number of times, one change at a time', async () => {
    const session = await stage.create();
    for (let round = 1; round <= 3; round++) {
      await Promise.all([stage.agent.start([session]), stage.agent.stop([session])]);
      expect(stage.world.engine.runs).toHaveLength(round);
      expect(session.view()).toMatchObject({
        running: false,
        record: { state: 'finished', run: { reason: 'stopped' } },
      });
      expect(session.view().printed).toBeUndefined();
    }
    await expect(stage.agent.stop([session])).resolves.toBeUndefined();
  });

  it('refuses a second start', async () => {
    const session = await stage.create();
    const results = await Promise.allSettled([stage.agent.start([session]), stage.agent.start([session])]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    await expect(stage.agent.start([session])).rejects.toEqual(failure('SESSION_CONFLICT', /is running already/));
    expect(stage.world.engine.runs).toHaveLength(1);
  });

  it('refuses to start on nothing, and can be started when there is something', async () => {
    const session = await stage.create({ container: 'web' });
    stage.world.pods.processes.set('web', []);
    await expect(stage.agent.start([session])).rejects.toEqual(failure('SESSION_CONFLICT', /no process runs/));
    expect(stateOf(session)).toBe('pending');
    stage.world.pods.processes.set('web', [10]);
    await expect(stage.agent.start([session])).resolves.toBeUndefined();
  });

  it('says why it could not start, and lets others go on', async () => {
    const [one, other] = [await stage.create(), await stage.create()];
    await stage.agent.start([one]);
    stage.world.engine.failure = new TracerError('HOOK_FAILED', 'no such event');
    await expect(stage.agent.start([other])).rejects.toEqual(failure('HOOK_FAILED', /no such event/));
    expect(other.view()).toMatchObject({
      running: false,
      record: { state: 'failed', run: { reason: 'no such event' } },
    });
    expect(stateOf(one)).toBe('running');
  });

  it('keeps to the number of running sessions, and gives the place back however a run ends', async () => {
    const sessions = await Promise.all([stage.create(), stage.create(), stage.create()]);
    const [first, second, third] = sessions;
    await stage.agent.start([first]);
    await stage.agent.start([second]);
    await expect(stage.agent.start([third])).rejects.toEqual(failure('TOO_MANY', /2 sessions are running already/));
    stage.world.engine.last.endByItself({ reason: 'time limit' });
    stage.world.engine.failure = new TracerError('HOOK_FAILED', 'x');
    await expect(stage.agent.start([third])).rejects.toThrow('x');
    stage.world.engine.failure = undefined;
    await stage.agent.start([third]);
    await stage.agent.stop([third]);
    await stage.agent.start([second]);
    await expect(stage.agent.start([third])).rejects.toEqual(failure('TOO_MANY', /running/));
  });

  it('takes down how a run ended by itself', async () => {
    const session = await stage.create();
    await stage.agent.start([session]);
    stage.world.engine.last.events = 7;
    stage.world.engine.last.endByItself({ state: 'failed', reason: 'failed: no space left on device' });
    expect(session.view()).toMatchObject({
      running: false,
      record: {
        state: 'failed',
        run: { reason: 'failed: no space left on device', counts: { events: 7, lost: 1, bytes: 70 } },
      },
    });
    await expect(stage.agent.stop([session])).resolves.toBeUndefined();
    await expect(stage.agent.start([session])).resolves.toBeUndefined();
    expect(session.view().record).toMatchObject({ state: 'running', run: { counts: { events: 0 } } });
    expect(session.view().record.run.reason).toBeUndefined();
  });

  it('keeps a session running whose external hook ended, until it is stopped with the exit status', async () => {
    const session = await stage.create();
    await stage.agent.start([session]);
    stage.world.engine.last.errors.push('boom');
    stage.world.engine.last.endByItself({ state: 'failed', reason: 'exit status 2', held: { exit: 'exit status 2' } });
    expect(session.view()).toMatchObject({
      running: true,
      printed: { output: ['/trace'], errors: ['boom'] },
      record: { state: 'failed', run: { reason: 'exit status 2' } },
    });
    await expect(stage.agent.start([session])).rejects.toEqual(failure('SESSION_CONFLICT', /running already/));
    await expect(stage.agent.stop([session])).rejects.toEqual(failure('SESSION_CONFLICT', /exit status 2/));
    expect(session.view()).toMatchObject({ running: false, record: { state: 'failed' } });
    await expect(stage.agent.stop([session])).resolves.toBeUndefined();
  });

  it('gives figures while it runs and afterwards', async () => {
    const session = await stage.create();
    expect((await session.summary()).summary).toEqual({ calls: [], counters: {} });
    await stage.agent.start([session]);
    stage.world.engine.last.events = 5;
    expect(await session.summary()).toMatchObject({ summary: { counters: { events: 5 } } });
    expect(session.view().record.run.counts.events).toBe(5);
    const summary = { calls: [], counters: { final: 1 } };
    stage.world.engine.last.endByItself({ reason: 'stopped', summary });
    expect((await session.summary()).summary).toEqual(summary);
    await stage.agent.close();
    expect((await (await stage.world.agent()).find(session.definition.id)[0]?.summary())?.summary).toEqual(summary);
  });
});

describe('deleting', () => {
  it('stops the session, forgets it and keeps its file, unless it is to be purged', async () => {
    const session = await stage.create();
    const file = join(stage.world.directory, `${session.definition.id}.pfw.gz`);
    await stage.agent.start([session]);
    writeFileSync(file, '');
    await stage.agent.remove([session], { purge: false });
    expect(stage.world.engine.last.stops).toBe(1);
    expect([stage.agent.all(), existsSync(file)]).toEqual([[], true]);
    await expect(stage.agent.start([session])).rejects.toEqual(failure('SESSION_NOT_FOUND', /no session with id/));
    expect((await stage.world.agent()).all()).toEqual([]);

    const other = await stage.create();
    const otherFile = join(stage.world.directory, `${other.definition.id}.pfw.gz`);
    writeFileSync(otherFile, '');
    await stage.agent.remove([other], { purge: true });
    expect(existsSync(otherFile)).toBe(false);
  });

  it('deletes also when the stop fails, and says so', async () => {
    const session = await stage.create();
    await stage.agent.start([session]);
    stage.world.engine.last.exit = 'exit status 3';
    await expect(stage.agent.remove([session], { purge: false })).rejects.toEqual(
      failure('SESSION_CONFLICT', /exit status 3/),
    );
    expect(stage.agent.all()).toEqual([]);
  });

  it('deletes all whatever fails, and lets the hooks clean up', async () => {
    await stage.agent.start([await stage.create(), await stage.create()]);
    stage.world.engine.last.exit = 'exit status 3';
    await stage.agent.removeAll({ purge: false });
    expect([stage.agent.all(), stage.world.cleared]).toEqual([[], 1]);
  });

  it('happens once when it is asked for twice', async () => {
    const session = await stage.create();
    const results = await Promise.allSettled([
      stage.agent.remove([session], { purge: false }),
      stage.agent.remove([session], { purge: false }),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });
});

describe('a restart of the agent', () => {
  it('keeps definitions, and marks what ran as interrupted when the agent was stopped', async () => {
    const [idle, running] = [await stage.create({ context: 'idle' }), await stage.create({ context: 'running' })];
    await stage.agent.start([running]);
    stage.world.engine.last.events = 3;
    await stage.agent.close();
    expect(stage.world.engine.last.stops).toBe(1);
    const next = await stage.world.agent();
    expect(next.find(idle.definition.id)[0]?.view().record.state).toBe('pending');
    expect(next.find(running.definition.id)[0]?.view()).toMatchObject({
      running: false,
      record: {
        definition: running.definition,
        state: 'interrupted',
        run: { reason: 'the agent was stopped', counts: { events: 3 } },
      },
    });
  });

  it('marks what ran as interrupted when the agent died', async () => {
    const session = await stage.create();
    await stage.agent.start([session]);
    const next = await stage.world.agent();
    expect(next.find(session.definition.id)[0]?.view()).toMatchObject({
      running: false,
      record: {
        state: 'interrupted',
        run: { reason: expect.stringContaining('without stopping the session'), counts: { bytes: 4711 } },
      },
    });
    expect(stage.world.endedHooks).toEqual([{ pid: 77, startTime: '1' }]);
    expect(stage.world.mended).toEqual([join(stage.world.directory, `${session.definition.id}.pfw.gz`)]);
  });

  it.each(['stopped', 'died'])('starts what ran again if told to, when the agent %s', async (how) => {
    const [idle, running] = [await stage.create(), await stage.create()];
    await stage.agent.start([running]);
    if (how === 'stopped') await stage.agent.close();
    const next = await stage.world.agent({ resume: true });
    expect(next.find(running.definition.id)[0]?.view().record.state).toBe('running');
    expect(next.find(idle.definition.id)[0]?.view().record.state).toBe('pending');
    await next.close();
    await next.open();
  });

  it('keeps a session that could not be started again', async () => {
    const session = await stage.create();
    await stage.agent.start([session]);
    stage.world.engine.failure = new TracerError('HOOK_UNAVAILABLE', 'no tracefs');
    const next = await stage.world.agent({ resume: true });
    expect(next.find(session.definition.id)[0]?.view().record).toMatchObject({
      state: 'failed',
      run: { reason: 'no tracefs' },
    });
  });

  it('starts nothing while it stops', async () => {
    const session = await stage.create();
    await stage.agent.close();
    await expect(stage.agent.start([session])).rejects.toEqual(failure('NOT_READY', /stopping/));
  });
});
