import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
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
