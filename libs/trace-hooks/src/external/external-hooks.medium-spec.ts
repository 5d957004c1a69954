import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { silent, TracerError, type Log } from '@tracer/base';
import { ExternalHooks, type ExternalHooksOptions } from './external-hooks.js';

/** A manager that obeys the protocol without touching a kernel and writes down how it was called. */
const OBEDIENT = `#!/bin/sh
say() { echo "$*" >> "$CALLS"; }
case "$1" in
  --get-all) say get-all; printf 'trace_good\\n trace_bad\\ttrace_mute trace_short\\n\\ntrace_undescribed\\n' ;;
  --describe) say "describe $2"
    case "$2" in
      trace_undescribed) exit 1 ;;
      *) printf '  %s traces\\n\\n\\t-t MS \\n' "$2" ;;
    esac ;;
  --clear) say clear ;;
  --run) say "run $2 [$3] [$4] $# proc=$TRACER_PROCFS_PATH sys=$TRACER_SYSFS_PATH cwd=$(pwd)"
    trap 'say "interrupted $2"; echo bye; exit 0' INT
    case "$2" in
      trace_good) echo "$STREAM"; while :; do sleep 0.02; done ;;
      trace_bad) echo 'bad argument' >&2; exit 2 ;;
      trace_mute) while :; do sleep 0.02; done ;;
      trace_short) echo "$STREAM"; exit 3 ;;
    esac ;;
esac
`;

/** A dead child of a dead parent stays a zombie until process 1 finds the time for it. */
function lives(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/^State:\tZ/mu.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
}

describe('ExternalHooks', () => {
  let top: string;
  let warnings: object[];
  let log: Log;
  const env = (): Record<string, string | undefined> => ({
    ...process.env,
    CALLS: join(top, 'calls'),
    STREAM: join(top, 'tracefs/instances/x/trace_pipe'),
    TRACER_PROCFS_PATH: '/host/proc',
    TRACER_SYSFS_PATH: '/host/sys',
  });
  const manager = (group: string, text: string, name = 'manager.sh'): string => {
    const directory = join(top, 'hooks', group);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, name), text);
    chmodSync(join(directory, name), 0o755);
    return directory;
  };
  /** A manager whose only hook `h` runs the given lines of shell. */
  const running = (lines: string): string =>
    manager('h', `#!/bin/sh\ncase "$1" in --get-all|--describe) echo h ;; --run) ${lines}\n;; esac\n`);
  const options: Partial<ExternalHooksOptions> = {
    commandMs: 400,
    run: { firstLineMs: 300, interruptMs: 300, terminateMs: 200 },
  };
  const discover = (more: Partial<ExternalHooksOptions> = {}): Promise<ExternalHooks> =>
    ExternalHooks.discover(join(top, 'hooks'), env(), log, {
      ...options,
      tracefsPath: join(top, 'tracefs'),
      ...more,
    });
  const calls = (): string[] => readFileSync(join(top, 'calls'), 'utf8').trim().split('\n');

  beforeEach(() => {
    top = realpathSync(mkdtempSync(join(tmpdir(), 'external-')));
    mkdirSync(join(top, 'hooks'));
    mkdirSync(join(top, 'tracefs/instances'), { recursive: true });
    warnings = [];
    log = { ...silent, warn: (facts) => warnings.push(facts) };
  });
  afterEach(() => {
    rmSync(top, { recursive: true });
  });

  describe('discover', () => {
    it('asks for names, then descriptions, then clears', async () => {
      const group = manager('good', OBEDIENT);
      const hooks = await discover();
      expect(calls()).toEqual([
        'get-all',
        ...['good', 'bad', 'mute', 'short', 'undescribed'].map((name) => `describe trace_${name}`),
        'clear',
      ]);
      const listed = hooks.groups().get(group) ?? [];
      expect(listed.map(({ name }) => name)).toEqual(['trace_good', 'trace_bad', 'trace_mute', 'trace_short']);
      expect(listed[0]).toEqual({ name: 'trace_good', description: ['trace_good traces', '-t MS'] });
      expect(hooks.problems().get(group)).toBe('manager.sh --describe trace_undescribed ended with 1');
    });

    it.each([
      ['fails', '#!/bin/sh\necho lost >&2; exit 3\n', 'manager.sh --get-all ended with 3: lost'],
      ['hangs', '#!/bin/sh\nsleep 60 & sleep 60\n', 'manager.sh --get-all did not end within 400 ms'],
      ['ignores signals', '#!/bin/sh\ntrap "" INT TERM\nwhile :; do sleep 1; done\n', 'did not end within 400 ms'],
      ['kills itself', '#!/bin/sh\nkill -SEGV $$\n', 'manager.sh --get-all was ended by SIGSEGV'],
      ['has no interpreter', '#!/nowhere/sh\n', 'manager.sh --get-all could not be started'],
      [
        'prints binary',
        '#!/bin/sh\nhead -c 100000 /dev/urandom; echo; printf "\\001\\377"\n',
        '--get-all printed something that is no text',
      ],
      [
        'prints options',
        '#!/bin/sh\necho --pid "a/b" 1>&1\n',
        '"--pid" is no name of a hook; "a/b" is no name of a hook',
      ],
      ['prints for ever', '#!/bin/sh\nexec yes -- --pid\n', 'did not end within 400 ms'],
    ])('goes on when a manager %s', async (_, text, problem) => {
      const bad = manager('bad', text);
      const good = manager('good', OBEDIENT);
      const hooks = await discover();
      expect(hooks.groups().get(bad)).toEqual([]);
      expect(hooks.problems().get(bad)).toContain(problem);
      expect(hooks.groups().get(good)).toHaveLength(4);
      expect(warnings).toContainEqual({ group: bad, reason: hooks.problems().get(bad) });
    });

    it('does not wait for every description of a manager that hangs there', async () => {
      const group = manager('slow', '#!/bin/sh\ncase "$1" in --get-all) echo a b c ;; --describe) sleep 60 ;; esac\n');
      const startedAt = Date.now();
      const hooks = await discover();
      expect(Date.now() - startedAt).toBeLessThan(30_000);
      expect(hooks.problems().get(group)).toBe('manager.sh --describe a did not end within 400 ms');
    });

    it('has no groups, and says why, when the directory is missing', async () => {
      const hooks = await ExternalHooks.discover(join(top, 'none'), env(), log, options);
      expect([...hooks.groups()]).toEqual([]);
      expect([...hooks.problems().keys()]).toEqual([join(top, 'none')]);
    });
  });

  describe('run', () => {
    it('hands the processes and the words over as one argument, in the directory of the manager', async () => {
      const group = manager('good', OBEDIENT);
      const hooks = await discover();
      const run = hooks.run(group, 'trace_good', [10, 11], ['-s', 'read', 'write', '-t', '500']);
      await run.firstLine;
      expect(calls().at(-1)).toBe(
        `run trace_good [--args] [--pid 10 11 -s read write -t 500] 4 proc=/host/proc sys=/host/sys cwd=${group}`,
      );
      expect(run.output).toEqual([env()['STREAM']]);
      expect(await run.stop()).toEqual({ code: 0, signal: undefined });
      expect(calls().at(-1)).toBe('interrupted trace_good');
      expect(run.output.at(-1)).toBe('bye');
      expect(await run.ended).toEqual(await run.stop());
    });

    it('shows what a hook says that fails at once, and reads no stream then', async () => {
      const group = manager('good', OBEDIENT);
      const run = (await discover()).run(group, 'trace_bad', [1], [], () => undefined);
      await run.firstLine;
      expect(await run.ended).toEqual({ code: 2, signal: undefined });
      expect([run.output, run.errors]).toEqual([[], ['bad argument']]);
      expect(run.stream).toMatchObject({ path: undefined, lines: 0 });
      expect(await run.stop()).toEqual({ code: 2, signal: undefined });
    });

    it('does not wait for ever for a hook that says nothing', async () => {
      const group = manager('good', OBEDIENT);
      const run = (await discover()).run(group, 'trace_mute', [1], []);
      const startedAt = Date.now();
      await run.firstLine;
      expect(Date.now() - startedAt).toBeGreaterThanOrEqual(290);
      expect(await run.stop()).toEqual({ code: 0, signal: undefined });
    });

    it('refuses unknown hooks, options of the agent, and an empty list of processes', async () => {
      const group = manager('good', OBEDIENT);
      const hooks = await discover();
      const code = (call: () => unknown): string | undefined => {
        try {
          call();
          return undefined;
        } catch (error) {
          return error instanceof TracerError ? error.code : 'other';
        }
      };
      expect(code(() => hooks.run(group, 'trace_undescribed', [1], []))).toBe('HOOK_UNKNOWN');
      expect(code(() => hooks.run('elsewhere', 'trace_good', [1], []))).toBe('HOOK_UNKNOWN');
      expect(code(() => hooks.run(group, 'trace_good', [1], ['--pi=7']))).toBe('HOOK_ARGUMENT_INVALID');
      expect(code(() => hooks.run(group, 'trace_good', [1], ['-s', 'a --instance b']))).toBe('HOOK_ARGUMENT_INVALID');
      expect(code(() => hooks.run(group, 'trace_good', [], []))).toBe('HOOK_FAILED');
      expect(code(() => hooks.run(group, 'trace_good', [-1], []))).toBe('HOOK_FAILED');
      expect(code(() => hooks.run(group, 'trace_good', new Array<number>(20_000).fill(4_000_000), []))).toBe(
        'HOOK_FAILED',
      );
      expect(calls().filter((call) => call.startsWith('run'))).toEqual([]);
    });

    it('ends a hook that ignores SIGINT, with its children', async () => {
      const group = running('trap "" INT; sleep 60 & echo $!; while :; do sleep 0.05; done');
      const run = (await discover()).run(group, 'h', [1], []);
      await run.firstLine;
      expect(await run.stop()).toEqual({ code: undefined, signal: 'SIGTERM' });
      expect(lives(Number(run.output[0]))).toBe(false);
    });

    it('ends a hook that ignores everything, and a child that fled to a session of its own', async () => {
      const group = running('trap "" INT TERM; setsid sleep 60 & sleep 0.2; echo $!; while :; do sleep 0.05; done');
      const run = (await discover({ run: { firstLineMs: 2000, interruptMs: 100, terminateMs: 100 } })).run(
        group,
        'h',
        [1],
        [],
      );
      await run.firstLine;
      const fled = Number(run.output[0]);
      expect(lives(fled)).toBe(true);
      expect(await run.stop()).toEqual({ code: undefined, signal: 'SIGKILL' });
      await sleep(50);
      expect(lives(fled)).toBe(false);
    });

    it('takes what a dead manager left in its group along and does not wait for its pipes', async () => {
      const group = running('sleep 60 & echo $!; exit 0');
      const run = (await discover()).run(group, 'h', [1], []);
      expect(await run.ended).toEqual({ code: 0, signal: undefined });
      await sleep(50);
      expect(lives(Number(run.output[0]))).toBe(false);
    });

    it('bounds what it keeps of a flood', async () => {
      const group = running('yes "a line of a flood" & exec yes error >&2');
      const run = (await discover()).run(group, 'h', [1], []);
      await sleep(300);
      await run.stop();
      expect([run.output.length, run.errors.length]).toEqual([1000, 1000]);
      expect(run.outputDropped).toBeGreaterThan(100_000);
      expect(run.errorsDropped).toBeGreaterThan(100_000);
    });

    it('survives binary output and a line without end', async () => {
      const group = running('head -c 3000000 /dev/zero; printf "\\377\\n"; echo two; exit 4');
      const run = (await discover()).run(group, 'h', [1], []);
      expect(await run.ended).toEqual({ code: 4, signal: undefined });
      expect([run.output[0]?.length, run.output[1]]).toEqual([4096, 'two']);
    });

    it('hands everything in a trace stream to the sink and removes only an instance of the hook', async () => {
      const group = running(
        `mkdir "$(dirname $STREAM)"; seq -f 'line %.0f' 50000 > $STREAM; echo $STREAM
         trap 'rm $STREAM; exit 0' INT; while :; do sleep 0.02; done`,
      );
      mkdirSync(join(top, 'tracefs/instances/foreign'));
      const lines: string[] = [];
      const run = (await discover()).run(group, 'h', [1], [], (more) => void lines.push(...more));
      await run.firstLine;
      await run.stop();
      expect([lines.length, lines[0], lines.at(-1)]).toEqual([50_000, 'line 1', 'line 50000']);
      expect(run.stream).toMatchObject({ path: env()['STREAM'], refused: undefined, lines: 50_000, lost: 0 });
      expect(existsSync(join(top, 'tracefs/instances/x'))).toBe(false);
      expect(existsSync(join(top, 'tracefs/instances/foreign'))).toBe(true);
    });

    it('reads no stream outside of the tracefs', async () => {
      writeFileSync(join(top, 'secret'), 'secret\n');
      const group = running(`echo ${join(top, 'secret')}; exec sleep 60`);
      const lines: string[] = [];
      const run = (await discover()).run(group, 'h', [1], [], (more) => void lines.push(...more));
      await run.firstLine;
      expect(run.stream.refused).toContain('not below the tracefs path');
      await run.stop();
      expect(lines).toEqual([]);
    });

    it('reads no stream of a hook that complained', async () => {
      const group = running(`echo careful >&2; sleep 0.1; echo $STREAM; exec sleep 60`);
      const run = (await discover()).run(group, 'h', [1], [], () => undefined);
      await run.firstLine;
      await sleep(150);
      expect(run.stream).toMatchObject({ path: undefined, refused: undefined, lines: 0 });
      await run.stop();
    });

    it('can be stopped before it has said anything', async () => {
      const group = running('exec sleep 60');
      const run = (await discover()).run(group, 'h', [1], [], () => undefined);
      expect(await run.stop()).toEqual({ code: undefined, signal: 'SIGINT' });
      await run.firstLine;
    });
  });
});
