import { describe, expect, it } from '@jest/globals';
import type { Session } from './session-api.js';
import { groupSessions, lostPart, runningUs } from './session-groups.js';

const session = (Id: string, more: Partial<Session> = {}): Session => ({
  Id,
  Context: 'why',
  Node: `n${Id}`,
  Containers: { p: ['a', 'b'] },
  TraceHook: 'trace_syscalls',
  TraceParams: ['-s', 'read'],
  Output: null,
  Error: null,
  hookGroup: 'native',
  state: 'finished',
  events: 10,
  lost: 0,
  bytes: 5,
  tasks: 1,
  limits: { timeMs: 0, events: 0, bytes: 0 },
  ...more,
});

describe('groupSessions', () => {
  it('makes one of the sessions of a group: sums, the liveliest state, every reason once', () => {
    const [group, ...others] = groupSessions({
      1: session('1', { Group: '9', lost: 10, startedAt: 50, stoppedAt: 90, reason: 'stopped', file: '1.pfw.gz' }),
      2: session('2', { Group: '9', state: 'running', startedAt: 40, file: '2.pfw.gz', events: 0, unpaired: 3 }),
    });
    expect(others).toEqual([]);
    expect(group).toMatchObject({
      id: '9',
      state: 'running',
      reasons: ['stopped'],
      hook: 'native/trace_syscalls',
      parameters: '-s read',
      nodes: ['n1', 'n2'],
      containers: 4,
      events: 10,
      lost: 10,
      unpaired: 3,
      startedAtUs: 40,
      files: ['1.pfw.gz'],
    });
    expect(group).not.toHaveProperty('stoppedAtUs');
  });

  it('puts what has not run first, then the latest', () => {
    const groups = groupSessions({
      1: session('1', { startedAt: 5 }),
      2: session('2', { startedAt: 9 }),
      3: session('3', { state: 'pending' }),
    });
    expect(groups.map(({ id }) => id)).toEqual(['3', '2', '1']);
  });
});

it('says how much was lost and how long it took', () => {
  expect([lostPart({ events: 0, lost: 0 }), lostPart({ events: 75, lost: 25 })]).toEqual([0, 0.25]);
  const [running] = groupSessions({ 1: session('1', { state: 'running', startedAt: 10 }) });
  const [ended] = groupSessions({ 1: session('1', { startedAt: 10, stoppedAt: 40 }) });
  const [pending] = groupSessions({ 1: session('1', { state: 'pending' }) });
  expect([running, ended, pending].map((group) => group && runningUs(group, 110))).toEqual([100, 30, undefined]);
});
