import { describe, expect, it } from '@jest/globals';
import type { LaneFact } from '../lanes/index.js';
import { containerGroups } from './container-groups.js';

const lane = (pid: number | null): LaneFact => ({ file: 'x', pid, tid: pid, events: 1, busy_us: 1 });
const id = '51c06f4d3985aaaabbbbccccddddeeee51c06f4d3985aaaabbbbccccddddeeee';

describe('the lanes of a session', () => {
  it('all belong to its only container, also processes that have ended', () => {
    const groupOf = containerGroups({ 'api-1': [id] }, {});
    expect(groupOf?.(lane(7))).toEqual({ outer: 'api-1', inner: 'container 51c06f4d3985' });
    expect(groupOf?.(lane(null))).toEqual({ outer: 'api-1', inner: 'container 51c06f4d3985' });
  });

  it('of several containers belong to the one in which they were seen, and are never guessed', () => {
    const groupOf = containerGroups({ a: ['web', 'db'], b: ['db'] }, { a: { web: [1, 2] }, b: { db: [3] } });
    const named = [1, 2, 3, 4].map((pid) => Object.values(groupOf?.(lane(pid)) ?? {}).join('/'));
    expect(named).toEqual([
      'a/container web',
      'a/container web',
      'b/container db',
      'processes that lived too shortly to be seen/any container/true',
    ]);
  });

  it('without a container stay by host and process', () => {
    expect(containerGroups({}, {})).toBeUndefined();
  });
});
