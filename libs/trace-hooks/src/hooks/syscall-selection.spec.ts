import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TracerError } from '@tracer/base';
import fc from 'fast-check';
import { EventCatalog } from '../event-format.js';
import { fakeTracefs, removeFakeTracefs } from '../testing/fake-tracefs.js';
import { HookStage } from '../testing/hook-stage.js';
import { matchesGlob, nearestName } from './name-match.js';
import { SYSCALL_GROUPS, syscallsOfGroup } from './syscall-groups.js';
import { traceSyscalls } from './trace-syscalls.js';

describe('trace_syscalls', () => {
  let tracefs: string;
  let catalog: EventCatalog;
  beforeAll(() => {
    tracefs = fakeTracefs();
    catalog = new EventCatalog(tracefs);
  });
  afterAll(() => {
    removeFakeTracefs(tracefs);
  });

  const events = (line: string): string[] =>
    traceSyscalls
      .plan(line.split(' ').filter(Boolean), catalog)
      .events.map((event) => event.slice('syscalls/sys_'.length));
  const refusal = (line: string): string => {
    try {
      return `accepted ${events(line).join(' ')}`;
    } catch (error) {
      if (error instanceof TracerError && error.code === 'HOOK_ARGUMENT_INVALID') return error.message;
      throw error;
    }
  };
  const both = (...names: string[]): string[] => names.flatMap((name) => [`enter_${name}`, `exit_${name}`]);

  it.each([
    ['-s read', both('read')],
    ['-s read openat -s read', both('read', 'openat')],
    ['-s sys_exit_read', ['exit_read']],
    ['-s sys_enter_read sys_exit_openat', ['enter_read', 'exit_openat']],
    ['-s open*', both('open', 'openat', 'openat2')],
    ['-s sys_exit_open?t', ['exit_openat']],
    ['-s dup?', both('dup2')],
    ['-s fstat sendfile', both('newfstat', 'sendfile64')],
    ['-s sys_enter_fstat', ['enter_newfstat']],
    ['-s %process', both('exit_group')],
    ['-s %file close', both('creat', 'open', 'openat', 'openat2', 'close')],
  ])('%s', (line, expected) => {
    expect(events(line)).toEqual(expected);
  });

  it('takes every system call, with both its events, when none is named', () => {
    const plan = traceSyscalls.plan(['-t', '1000'], catalog);
    expect(plan.events).toHaveLength(2 * catalog.syscalls().length);
    expect(plan).toMatchObject({ hook: 'trace_syscalls', timeLimitMs: 1000 });
  });

  it.each([
    ['-s raed', '"raed" is no system call of this kernel; did you mean "read"?'],
    ['-s sys_enter_opneat', '"sys_enter_opneat" is no system call of this kernel; did you mean "openat"?'],
    ['-s nosuchcall', '"nosuchcall" is no system call of this kernel'],
    ['-s x*', 'no system call of this kernel fits "x*"'],
    ['-s %nothing', '"%nothing" is no group; there are %file, %desc'],
    ['-s %constructor', '"%constructor" is no group'],
    ['-s constructor', '"constructor" is no system call'],
    ['read', '"read" does not belong to an option'],
    ['-s read --pid 1', 'would set --pid'],
  ])('%s is refused', (line, message) => {
    expect(refusal(line)).toContain(message);
  });

  it('writes single events as instants', () => {
    const on = new HookStage(traceSyscalls, '-s sys_exit_read sys_enter_openat', tracefs, {
      threads: new Map([[10, 10]]),
    });
    on.at(5, 10, 'syscalls/sys_exit_read', { ret: 7 });
    on.at(6, 10, 'syscalls/sys_exit_read', { ret: -11 });
    on.at(7, 10, 'syscalls/sys_enter_openat', {
      dfd: 0xffffff9c,
      filename: 0x7fff12345678,
      flags: 0,
      mode: 2n ** 63n - 1n,
    });
    on.finish(9);
    expect(on.lines.map(({ name, startNs, args }) => [name, startNs, args])).toEqual([
      ['sys_exit_read', 5, { ret: 7 }],
      ['sys_exit_read', 6, { ret: -11, error: 'EAGAIN' }],
      ['sys_enter_openat', 7, { dfd: -100, filename: '0x7fff12345678', flags: 0, mode: '9223372036854775807' }],
    ]);
    expect(on.decoder.unpaired).toBe(0);
  });

  it('is unavailable without system call events', () => {
    const empty = fakeTracefs({ 'sched/sched_switch': 'int a' });
    expect(traceSyscalls.unavailableBecause(catalog)).toBeUndefined();
    expect(traceSyscalls.unavailableBecause(new EventCatalog(empty))).toContain('syscalls/sys_enter_*');
    removeFakeTracefs(empty);
  });
});

describe('groups of system calls', () => {
  it('name calls once each', () => {
    for (const group of SYSCALL_GROUPS) {
      const calls = syscallsOfGroup(group) ?? [];
      expect([group, calls.filter((call, index) => calls.indexOf(call) !== index || call === '')]).toEqual([group, []]);
    }
  });
});

describe('matchesGlob', () => {
  it('agrees with a regular expression', () => {
    const text = fc.stringMatching(/^[ab]{0,8}$/u);
    const pattern = fc.stringMatching(/^[ab*?]{0,6}$/u);
    fc.assert(
      fc.property(pattern, text, (glob, name) => {
        const slow = new RegExp(`^${glob.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'su');
        expect(matchesGlob(glob, name)).toBe(slow.test(name));
      }),
      { numRuns: 2000 },
    );
  });

  it('does not explode', () => {
    expect(matchesGlob('*a'.repeat(2000) + 'b', 'a'.repeat(4000))).toBe(false);
  });
});

describe('nearestName', () => {
  it.each([
    ['raed', 'read'],
    ['opneat', 'openat'],
    ['wirte', 'write'],
    ['writ', 'write'],
    ['qwertz', undefined],
    ['x'.repeat(1000), undefined],
  ])('%s → %s', (name, expected) => {
    expect(nearestName(name, ['read', 'readv', 'write', 'openat', 'openat2'])).toBe(expected);
  });
});
