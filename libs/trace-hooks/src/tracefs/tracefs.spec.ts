import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { silent } from '@tracer/base';
import { FakeProcfs } from '../testing/fake-procfs.js';
import { findTracefs, openTracefs, pageLayout, tracefsProblem } from './find-tracefs.js';
import { readLost, TracefsInstance } from './instance.js';
import { instanceNameFor, removeInstance, removeLeftovers } from './leftovers.js';
import { closeSync, openSync } from 'node:fs';

const HEADER_PAGE =
  '\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n' +
  '\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;\n';

let root: string;
let host: { sysfsPath: string; procfsPath: string };
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tracefs-'));
  host = { sysfsPath: join(root, 'sys'), procfsPath: join(root, 'proc') };
  mkdirSync(host.procfsPath);
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

function mounted(path: string, header = HEADER_PAGE): string {
  mkdirSync(join(path, 'events'), { recursive: true });
  mkdirSync(join(path, 'instances'));
  writeFileSync(join(path, 'trace_clock'), '[local]');
  writeFileSync(join(path, 'events', 'header_page'), header);
  return path;
}

function mounts(...lines: string[]): void {
  writeFileSync(join(host.procfsPath, 'mounts'), lines.map((line) => `${line} rw 0 0\n`).join(''));
}

describe('findTracefs', () => {
  it('looks at the usual place first', () => {
    const usual = mounted(join(host.sysfsPath, 'kernel/tracing'));
    mounts(`nodev ${mounted(join(root, 'other'))} tracefs`);
    expect(findTracefs(host)).toBe(usual);
  });

  it('finds it where the mount table says, below debugfs too', () => {
    mounts('proc /proc proc', `nodev ${join(root, 'not there')} tracefs`, `nodev ${join(root, 'debug')} debugfs`);
    const below = mounted(join(root, 'debug', 'tracing'));
    expect(findTracefs(host)).toBe(below);
  });

  it('takes the host /sys of the mount table for the one it was given', () => {
    mounts('nodev /sys/kernel/elsewhere tracefs');
    expect(findTracefs(host)).toBeUndefined();
    const there = mounted(join(host.sysfsPath, 'kernel/elsewhere'));
    expect(findTracefs(host)).toBe(there);
  });

  it('does without a mount table', () => {
    expect(findTracefs(host)).toBeUndefined();
  });
});

describe('openTracefs', () => {
  it('says what to do when it is not mounted, and when there is none', async () => {
    await expect(openTracefs(host, false)).rejects.toThrow(/no tracefs: there is no .*kernel\/tracing/);
    mkdirSync(join(host.sysfsPath, 'kernel/tracing'), { recursive: true });
    await expect(openTracefs(host, false)).rejects.toThrow(/mount -t tracefs nodev .*kernel\/tracing/);
  });

  it('says why it could not be mounted', async () => {
    // Not a directory: no user whatsoever can mount onto it.
    mkdirSync(join(host.sysfsPath, 'kernel'), { recursive: true });
    writeFileSync(join(host.sysfsPath, 'kernel/tracing'), '');
    await expect(openTracefs(host, true)).rejects.toMatchObject({
      code: 'HOOK_UNAVAILABLE',
      message: expect.stringContaining('could not be mounted at'),
    });
  });

  it('opens what it understands and refuses other page layouts', async () => {
    const path = mounted(join(host.sysfsPath, 'kernel/tracing'));
    await expect(openTracefs(host, false)).resolves.toBe(path);
    expect(pageLayout(path)).toEqual({ pageBytes: 4096 });
    writeFileSync(join(path, 'events', 'header_page'), HEADER_PAGE.replace('offset:8;\tsize:8', 'offset:8;\tsize:4'));
    await expect(openTracefs(host, false)).rejects.toThrow('unknown page layout');
    rmSync(join(path, 'events', 'header_page'));
    expect(tracefsProblem(path)).toContain('unknown page layout');
  });

  it('says that it takes root', () => {
    const path = mounted(join(host.sysfsPath, 'kernel/tracing'));
    rmSync(join(path, 'instances'), { recursive: true });
    expect(tracefsProblem(path)).toContain('takes root');
    chmodSync(path, 0o755);
  });
});

describe('left-overs', () => {
  it('are removed when their owner is dead, whoever has its number now', () => {
    const procfs = new FakeProcfs([700]);
    try {
      procfs.put({ tid: 50, startTicks: 900 });
      const own = instanceNameFor('tracer', procfs.path);
      expect(own).toBe('tracer_700_10');
      const names = [
        'tracer_49_900',
        'tracer_50_899',
        'tracer_50_900',
        'tracer_50_900_host',
        'tracer_odd',
        own,
        'kube_x',
      ];
      for (const name of names) mkdirSync(join(root, 'instances', name), { recursive: true });
      expect(removeLeftovers(root, 'tracer', silent, procfs.path)).toBe(3);
      const left = names.filter((name) => existsSync(join(root, 'instances', name)));
      expect(left).toEqual(['tracer_50_900', 'tracer_50_900_host', own, 'kube_x']);
    } finally {
      procfs.remove();
    }
  });

  it('are none where no tracefs is', () => {
    expect(removeLeftovers(join(root, 'nowhere'), 'tracer', silent, '/proc')).toBe(0);
  });

  it('are reported when they cannot be removed', () => {
    mkdirSync(join(root, 'instances', 'tracer_x', 'inside'), { recursive: true });
    const warned: object[] = [];
    const log = { ...silent, warn: (facts: object) => void warned.push(facts) };
    expect(removeLeftovers(root, 'tracer', log, '/proc')).toBe(0);
    expect(warned).toMatchObject([{ reason: expect.stringContaining('ENOTEMPTY') }]);
    expect(removeInstance(join(root, 'gone'), log)).toBe(false);
    expect(warned.length).toBe(1);
  });
});

describe('TracefsInstance', () => {
  it('says that it could not be made', async () => {
    const made = TracefsInstance.create(root, 'x', 64);
    await expect(made).rejects.toMatchObject({ code: 'HOOK_UNAVAILABLE' });
    await expect(made).rejects.toThrow('no tracefs instance: ENOENT');
  });

  it('leaves nothing when it could not be set up', async () => {
    // A directory of a plain file system has none of the files of an instance.
    mkdirSync(join(root, 'instances'));
    await expect(TracefsInstance.create(root, 'x', 64)).rejects.toThrow(/cannot be set up: .*tracing_on/);
    expect(existsSync(join(root, 'instances', 'x'))).toBe(false);
  });
});

describe('readLost', () => {
  it('adds up what was overwritten and what was never let in', () => {
    const file = join(root, 'stats');
    writeFileSync(
      file,
      'entries: 243\noverrun: 5763\ncommit overrun: 20\nbytes: 8760\noldest event ts:  5133.115154\nnow ts:  5133.119938\ndropped events: 7\nread events: 0\n',
    );
    const fd = openSync(file, 'r');
    try {
      expect([readLost(fd), readLost(fd)]).toEqual([5790, 5790]);
    } finally {
      closeSync(fd);
    }
  });
});
