import { constants } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventCatalog } from '../event-format.js';
import { EVENTS, eventsWithout, fakeTracefs, removeFakeTracefs } from '../testing/fake-tracefs.js';
import { HookStage, type FieldValue, type World } from '../testing/hook-stage.js';
import { openFlags } from './open-flags.js';
import { traceOpenfiles } from './trace-openfiles.js';

const US = 10;
const CLOEXEC = 0o2000000;

describe('trace_openfiles', () => {
  let tracefs: string;
  beforeAll(() => {
    tracefs = fakeTracefs();
  });
  afterAll(() => {
    removeFakeTracefs(tracefs);
  });

  const worldOf = (more: Partial<World> = {}): World => ({
    threads: new Map([
      [US, US],
      [11, US],
    ]),
    pathOfFd: (pid, fd) => `/files/${pid}/${fd}`,
    ...more,
  });
  const stage = (args = '', more: Partial<World> = {}): HookStage =>
    new HookStage(traceOpenfiles, args, tracefs, worldOf(more));
  const call = (
    on: HookStage,
    atNs: number,
    tid: number,
    name: string,
    fields: Record<string, FieldValue>,
  ): HookStage => on.at(atNs, tid, `syscalls/sys_enter_${name}`, fields);
  const result = (on: HookStage, atNs: number, tid: number, name: string, ret: number): HookStage =>
    on.at(atNs, tid, `syscalls/sys_exit_${name}`, { ret });
  const open = (on: HookStage, atNs: number, fd: number, flags = 0, tid = US): HookStage =>
    result(call(on, atNs, tid, 'openat', { dfd: -100, filename: 0x7fff, flags, mode: 0 }), atNs + 5, tid, 'openat', fd);
  const close = (on: HookStage, atNs: number, fd: number, tid = US): HookStage => call(on, atNs, tid, 'close', { fd });
  const paths = (on: HookStage): unknown[] => on.lines.map(({ name, args }) => [name, args['path'], args['path_from']]);

  it('shows the call and the time the file stays open, with its path', () => {
    const on = stage();
    open(on, 100, 3, constants.O_WRONLY | constants.O_CREAT);
    close(on, 200, 3, 11);
    expect(on.lines).toEqual([
      {
        name: 'open',
        cat: 'file',
        tid: US,
        startNs: 100,
        endNs: 105,
        args: { fd: 3, path: '/files/10/3', path_from: 'fd', flags: 'O_WRONLY|O_CREAT' },
      },
      {
        name: 'file',
        cat: 'file',
        tid: US,
        startNs: 105,
        endNs: 200,
        args: { fd: 3, path: '/files/10/3', path_from: 'fd', flags: 'O_WRONLY|O_CREAT', closed_by: 'close' },
      },
    ]);
    expect(Object.fromEntries(on.counts)).toEqual({ 'paths resolved': 1 });
  });

  it('trusts no path that was read after the descriptor was closed', () => {
    // Everything is decoded 1000 ns late, when descriptor 3 already stands for the second file.
    const on = stage('', { lagNs: 1000 });
    open(on, 100, 3);
    close(on, 200, 3);
    open(on, 300, 3);
    expect(on.spans).toEqual(['open 100-105', 'file 105-200']);
    close(on, 5000, 3);
    expect(paths(on)).toEqual([
      ['open', undefined, 'none'],
      ['file', undefined, 'none'],
      ['open', '/files/10/3', 'fd'],
      ['file', '/files/10/3', 'fd'],
    ]);
    expect(Object.fromEntries(on.counts)).toEqual({ 'paths resolved': 1, 'paths unresolved': 1 });
  });

  it('holds a line back until its path is certain, at the latest until the end', () => {
    const on = stage('', { lagNs: 1000 });
    open(on, 100, 3);
    open(on, 1000, 4);
    expect(on.lines).toEqual([]);
    call(on, 1200, 11, 'close', { fd: 99 });
    expect(on.spans).toEqual(['open 100-105']);
    on.finish(1300);
    expect(on.spans).toEqual(['open 100-105', 'open 1000-1005', 'file 105-1300', 'file 1005-1300']);
    expect(on.lines[2]?.args).toMatchObject({ open: true });
  });

  it('has no paths without a way to read them', () => {
    const on = stage('', { pathOfFd: () => undefined });
    open(on, 1, 3);
    expect(paths(on)).toEqual([['open', undefined, 'none']]);
    expect(on.counts.get('paths unresolved')).toBe(1);
  });

  it('takes the path from the event where the kernel records it, also of a call that fails', () => {
    const events = {
      ...EVENTS,
      'syscalls/sys_enter_openat':
        'int __syscall_nr; long dfd; long filename; long flags; long mode; __data_loc char[] __filename_val',
    };
    const rich = fakeTracefs(events);
    const on = new HookStage(traceOpenfiles, '', rich, worldOf());
    call(on, 1, US, 'openat', { flags: 0, __filename_val: 'etc/"x"' });
    result(on, 2, US, 'openat', 3);
    call(on, 3, US, 'openat', { flags: 0, __filename_val: '/none' });
    result(on, 4, US, 'openat', -2);
    expect(paths(on)).toEqual([
      ['open', 'etc/"x"', 'argument'],
      ['open', '/none', 'argument'],
    ]);
    expect(on.lines[1]?.args).toMatchObject({ ret: -2, error: 'ENOENT' });
    removeFakeTracefs(rich);
  });

  it('shows failed calls, alone if asked', () => {
    const on = stage('-x');
    open(on, 1, -13);
    open(on, 10, 3);
    call(on, 20, US, 'openat2', { how: 1 });
    result(on, 21, US, 'openat2', -2);
    on.finish(50);
    expect(on.lines.map(({ args }) => [args['error'], args['flags']])).toEqual([
      ['EACCES', 'O_RDONLY'],
      ['ENOENT', undefined],
    ]);
  });

  it('marks deleted files and knows creat', () => {
    const on = stage('', { pathOfFd: () => '/tmp/x (deleted)' });
    call(on, 1, US, 'creat', { mode: 0o600 });
    result(on, 2, US, 'creat', 5);
    on.finish(9);
    expect(on.lines[0]?.args).toEqual({
      fd: 5,
      path: '/tmp/x',
      path_from: 'fd',
      deleted: true,
      flags: 'O_WRONLY|O_CREAT|O_TRUNC',
    });
  });

  it.each([
    [
      'close_range',
      (on: HookStage): HookStage => call(on, 50, US, 'close_range', { fd: 3, max_fd: 0xffffffff, flags: 0 }),
      ['close_range', 'close_range'],
    ],
    [
      'close_range that only marks',
      (on: HookStage): HookStage => call(on, 50, US, 'close_range', { fd: 3, max_fd: 10, flags: 4 }),
      [],
    ],
    ['dup2 on it', (on: HookStage): HookStage => call(on, 50, US, 'dup2', { oldfd: 9, newfd: 4 }), ['dup']],
    ['dup2 on itself', (on: HookStage): HookStage => call(on, 50, US, 'dup2', { oldfd: 4, newfd: 4 }), []],
    [
      'exec',
      (on: HookStage): HookStage => on.at(50, US, 'sched/sched_process_exec', { filename: '/x', pid: US, old_pid: US }),
      ['exec'],
    ],
    [
      'exit of a thread',
      (on: HookStage): HookStage => on.at(50, 11, 'sched/sched_process_exit', { group_dead: 0 }),
      [],
    ],
    [
      'exit of the process',
      (on: HookStage): HookStage => on.at(50, 11, 'sched/sched_process_exit', { group_dead: 1 }),
      ['exit', 'exit'],
    ],
    ['opening without a close', (on: HookStage): HookStage => open(on, 50, 4), ['not seen']],
  ])('ends files by %s', (_, end, expected) => {
    const on = stage();
    open(on, 1, 3);
    open(on, 10, 4, CLOEXEC);
    end(on);
    expect(on.lines.filter(({ name }) => name === 'file').map(({ args }) => args['closed_by'])).toEqual(expected);
  });

  it('adds up reads and writes of the file when asked', () => {
    const on = stage('--bytes');
    open(on, 1, 3);
    for (const [name, ret] of [
      ['read', 100],
      ['read', 0],
      ['read', -11],
      ['write', 7],
    ] as const) {
      call(on, 10, US, name, { fd: 3 });
      result(on, 11, US, name, ret);
    }
    call(on, 12, US, 'read', { fd: 99 });
    result(on, 13, US, 'read', 5000);
    close(on, 20, 3);
    expect(on.lines.at(-1)?.args).toMatchObject({ reads: 2, bytes_read: 100, writes: 1, bytes_written: 7 });
    expect(stage().plan.events).not.toContain('syscalls/sys_enter_read');
  });

  it('counts halves of calls', () => {
    const on = stage();
    result(on, 1, US, 'openat', 3);
    call(on, 2, US, 'openat', {});
    call(on, 3, US, 'openat', {});
    result(on, 4, US, 'openat', 3);
    expect([on.decoder.unpaired, on.lines.length + on.finish(9).lines.length]).toEqual([2, 2]);
  });

  it('stays bounded when nothing is ever closed or confirmed', () => {
    const on = stage('', { lagNs: 1e12 });
    for (let fd = 0; fd < 70_000; fd += 1) open(on, 10 * fd, fd);
    on.finish(1e6);
    expect(on.lines.filter(({ name }) => name === 'open')).toHaveLength(70_000);
    expect(on.lines.filter(({ name }) => name === 'file')).toHaveLength(65_536);
    expect(on.counts.get('open files forgotten')).toBe(70_000 - 65_536);
    expect(on.counts.get('paths unresolved')).toBe(70_000 - 16_384);
  });

  it('says which event a kernel lacks; arm64 has no open', () => {
    const without = (...names: string[]): string => fakeTracefs(eventsWithout(...names));
    const [arm, poor, none] = [
      without('syscalls/sys_enter_open', 'syscalls/sys_exit_open'),
      without('syscalls/sys_enter_close'),
      without('syscalls/sys_enter_open', 'syscalls/sys_enter_openat'),
    ];
    expect(traceOpenfiles.unavailableBecause(new EventCatalog(arm))).toBeUndefined();
    expect(traceOpenfiles.plan([], new EventCatalog(arm)).events).not.toContain('syscalls/sys_enter_open');
    expect(traceOpenfiles.unavailableBecause(new EventCatalog(poor))).toContain('syscalls/sys_enter_close');
    expect(traceOpenfiles.unavailableBecause(new EventCatalog(none))).toContain('syscalls/sys_enter_openat');
    [arm, poor, none].forEach(removeFakeTracefs);
  });
});

describe('openFlags', () => {
  it.each([
    [0, 'O_RDONLY'],
    [constants.O_RDWR | constants.O_APPEND, 'O_RDWR|O_APPEND'],
    [constants.O_WRONLY | constants.O_SYNC, 'O_WRONLY|O_SYNC'],
    [constants.O_WRONLY | constants.O_DSYNC, 'O_WRONLY|O_DSYNC'],
    [constants.O_DIRECTORY | CLOEXEC, 'O_RDONLY|O_DIRECTORY|O_CLOEXEC'],
    [0o20000000 | constants.O_DIRECTORY | constants.O_RDWR, 'O_RDWR|O_TMPFILE'],
    [0x40000000, 'O_RDONLY|0x40000000'],
  ])('%i', (flags, names) => {
    expect(openFlags(flags)).toBe(names);
  });
});
