import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startDemoPod, type DemoPod } from './fixtures/demo-pod.js';

// The built program, against the built suite, tracing a real pod on the real kernel.
const directory = mkdtempSync(join(tmpdir(), 'cli-'));
const url = 'http://127.0.0.1:27280';
const BIN = 'dist/apps/tracer/src/main.js';
const env = {
  ...process.env,
  ...{ TRACER_PORT: '27280', TRACER_NODE_PORT: '27281', TRACER_INDEXER_PORT: '27282', TRACER_SPAN_API_PORT: '27283' },
  TRACER_DATA_DIR: join(directory, 'data'),
  TRACE_DIR: join(directory, 'traces'),
};

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

class Command {
  readonly process: ChildProcess;
  out = '';
  err = '';
  readonly ended: Promise<Ran>;

  constructor(argv: readonly string[]) {
    this.process = spawn(process.execPath, [BIN, ...argv], { env: { ...env, TRACER_URL: url } });
    this.process.stdout?.setEncoding('utf8').on('data', (text: string) => (this.out += text));
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => (this.err += text));
    this.ended = once(this.process, 'close').then(([code]) => ({
      code: code as number | null,
      out: this.out,
      err: this.err,
    }));
  }

  async says(pattern: RegExp): Promise<void> {
    const deadline = Date.now() + 90_000;
    while (!pattern.test(this.out + this.err)) {
      if (Date.now() > deadline || this.process.exitCode !== null)
        throw new Error(`never said ${String(pattern)}:\n${this.out}${this.err}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

const tracer = (...argv: string[]): Promise<Ran> => new Command(argv).ended;

describe('tracer, the program', () => {
  let suite: Command;
  let pod: DemoPod;
  beforeAll(async () => {
    chmodSync(directory, 0o755);
    suite = new Command(['up']);
    pod = await startDemoPod({ name: 'cli-host-1' });
    await suite.says(/Ready at/);
  }, 120_000);
  afterAll(async () => {
    await pod.stop();
    suite.process.kill('SIGTERM');
    await suite.ended;
    rmSync(directory, { recursive: true, force: true });
  }, 60_000);

  it('lists pods and hooks', async () => {
    expect((await tracer('pods', 'cli-host-*')).out).toMatch(/^cli-host-1 +[0-9a-f]{12} /m);
    expect((await tracer('hooks')).out).toMatch(/^trace_syscalls +native +Traces system calls/m);
    const hooks = JSON.parse((await tracer('hooks', '--json')).out) as { native: { Tracers: object } };
    expect(Object.keys(hooks.native.Tracers)).toContain('trace_exec');
  });

  let id = '';
  it('traces until Ctrl-C, shows what happened, and leaves a file with exactly these events', async () => {
    const run = new Command(['run', 'trace_syscalls', '--pod', 'cli-host-*', '--', '-s', '%file', 'read', 'write']);
    await run.says(/events [1-9]/);
    run.process.kill('SIGINT');
    const { code, out, err } = await run.ended;
    expect([code, out + err]).toEqual([0, expect.not.stringContaining('\u001b')]);
    expect(out).toMatch(/^openat +[\d,]+ .*ENOENT/m);
    const [, count = ''] = /^([\d,]+) events in .*; lost none$/m.exec(out) ?? [];
    const [, file = ''] = /^file: (\S+) /m.exec(out) ?? [];
    id = /(\d+)\.pfw\.gz/.exec(file)?.[1] ?? '';
    const lines = gunzipSync(readFileSync(file)).toString().trimEnd().split('\n').slice(1, -1);
    const calls = lines.filter((line) => line.includes('"cat":"syscall"'));
    expect(calls.length).toBe(Number(count.replaceAll(',', '')));
    expect(calls.length).toBeGreaterThan(0);
  }, 120_000);

  it('ends by itself after the time that was given, and prints one document with --json', async () => {
    const { code, out } = await tracer(...['run', 'trace_exec', '--pod', 'cli-host-1', '--time', '500ms', '--json']);
    const { sessions } = JSON.parse(out) as { sessions: Record<string, { state: string; reason: string }> };
    expect([code, Object.values(sessions).map(({ state }) => state)]).toEqual([0, ['finished']]);
  }, 60_000);

  it('queries what was traced: files, statistics, events', async () => {
    expect((await tracer('files')).out).toContain(`${id}.pfw.gz`);
    expect((await tracer('stats', id, '--sort', 'count')).out).toMatch(/^NAME +COUNT +SUM/);
    const failed = await tracer('events', id, '--where', 'args.error=ENOENT', '--all');
    const events = failed.out.trimEnd().split('\n');
    expect(events.every((line) => (JSON.parse(line) as { args: { error: string } }).args.error === 'ENOENT')).toBe(
      true,
    );
    expect((await tracer('sessions', 'show', id)).out).toContain('finished (stopped)');
  });

  it('starts, follows, stops and deletes', async () => {
    const started = await tracer('run', 'trace_syscalls', '--pod', 'cli-host-1', '--detach');
    const group = started.out.trim();
    const follow = new Command(['events', group, '--follow']);
    await follow.says(/"name":"openat"/);
    expect(await tracer('sessions', 'stop', group)).toMatchObject({ code: 0, out: `stopped ${group}\n` });
    expect((await follow.ended).code).toBe(0);
    expect((await tracer('sessions', 'delete', group, '--purge')).code).toBe(0);
    expect((await tracer('sessions', 'show', group)).code).toBe(1);
  }, 120_000);

  it('ends quietly when its reader has enough', async () => {
    const piped = spawn('sh', ['-c', `"${process.execPath}" ${BIN} events ${id} --all | head -n 1`], {
      env: { ...env, TRACER_URL: url },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let err = '';
    piped.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    await once(piped, 'close');
    expect(err).toBe('');
  });

  it('completes in a real bash', async () => {
    const script = `tracer() { "${process.execPath}" ${BIN} "$@"; }; source <(tracer completion bash)
      COMP_WORDS=(tracer run trace_exec --pod cli-host); COMP_CWORD=4; _tracer; echo "\${COMPREPLY[@]}"`;
    const bash = spawn('bash', ['-c', script], {
      env: { ...env, TRACER_URL: url },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    bash.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    await once(bash, 'close');
    expect(out).toBe('cli-host-1\n');
  });

  it('builds indexes without a gateway', async () => {
    const { code, out, err } = await tracer('index', join(directory, 'traces'), '--url', 'http://127.0.0.1:9');
    expect([code, out + err]).toEqual([0, expect.stringMatching(/\d+\/\d+ files/)]);
  });
});
