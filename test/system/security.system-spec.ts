import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';

/** Runs a built app to its end. */
function run(app: string, ...argv: string[]): { status: number | null; out: string; err: string } {
  const env = { PATH: process.env['PATH'], TRACE_DIR: '/tmp', TRACER_DATA_DIR: '/tmp' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [`dist/apps/${app}/src/main.js`, ...argv], {
    env,
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { status, out: stdout, err: stderr };
}

/** What an app warns of until it is stopped, once it listens. */
async function warningsOf(more: Record<string, string>): Promise<string[]> {
  const argv = ['dist/apps/tracer-svc/src/main.js', '--address', '0.0.0.0:0'];
  const app = spawn(process.execPath, argv, { env: { PATH: process.env['PATH'], ...more } });
  const ended = once(app, 'close');
  let said = '';
  app.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.includes('"listening"')) app.kill('SIGTERM');
  });
  expect(await ended).toEqual([0, null]);
  const lines = said.trim().split('\n');
  return lines.map((line) => JSON.parse(line) as { level: string; msg: string }).flatMap(warning);
}

const warning = ({ level, msg }: { level: string; msg: string }): string[] => (level === 'warn' ? [msg] : []);

describe('an open service', () => {
  it('says so, unless its port is published on loopback only', async () => {
    const open = 'reachable from other machines, and open to everybody who reaches it';
    expect(await warningsOf({ TRACER_ALLOW_OPEN: '1' })).toContain(open);
    expect(await warningsOf({ TRACER_ALLOW_OPEN: '1', TRACER_PUBLISHED_ON: '192.0.2.1' })).toContain(open);
    expect(await warningsOf({ TRACER_PUBLISHED_ON: '127.0.0.1' })).not.toContain(open);
  });
});

describe.each([
  ['tracer-svc', ['--address', '0.0.0.0:0']],
  ['tracer-node', ['--address', '0.0.0.0:0']],
  ['trace-indexer', ['-b', '0.0.0.0', '-p', '0']],
  ['span-api', ['--address', ':0']],
])('%s, as a process', (app, argv) => {
  it('ends with 2 rather than be open to everybody', () => {
    const { status, out } = run(app, ...argv);
    expect(status).toBe(2);
    expect(JSON.parse(out.trim().split('\n').at(-1) ?? '')).toMatchObject({
      level: 'fatal',
      code: 'CONFIG_INVALID',
      msg: expect.stringContaining(`${app} does not listen on`),
    });
  });

  it('makes tokens', () => {
    const { status, out } = run(app, '--new-token', 'alice:trace,ingest');
    const [, token = '', hash = ''] = /(tr_\S+)\n.*alice trace,ingest sha256:([0-9a-f]{64})\n$/s.exec(out) ?? [];
    expect([status, createHash('sha256').update(token).digest('hex')]).toEqual([0, hash]);
    expect(run(app, '--new-token', 'alice:boss')).toMatchObject({ status: 2, err: expect.stringContaining('no role') });
  });
});
