import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startDemoPod, type DemoPod } from './fixtures/demo-pod.js';
import { commandsIn, notPrinted, typed } from './fixtures/doc-commands.js';

// The documents against the built suite, typed by somebody who has nothing else to go by.
const directory = mkdtempSync(join(tmpdir(), 'docs-'));
const PORT = '27380';
const env = {
  ...process.env,
  ...{ TRACER_PORT: PORT, TRACER_NODE_PORT: '27381', TRACER_INDEXER_PORT: '27382', TRACER_SPAN_API_PORT: '27383' },
  TRACER_DATA_DIR: join(directory, 'data'),
  TRACE_DIR: join(directory, 'traces'),
  // As the machine was called on which the outputs were recorded.
  TRACER_NODE_NAME: 'vm',
  NO_COLOR: '1',
};
const BIN = resolve('dist/apps/tracer/src/main.js');
/** The command by its name; the id of a session in a document is that of the newest one here. No meter of curl in a pipe. */
const PREAMBLE = `
program() { ${process.execPath} ${BIN} "$@"; }
tracer() {
  local words=("$@") at
  for at in "\${!words[@]}"; do
    [[ \${words[at]} =~ ^[0-9]{16,}$ ]] && words[at]=$(program sessions --json | jq -r '[.[]] | max_by(.startedAt).Id')
  done
  program "\${words[@]}"
}
curl() { command curl --no-progress-meter "$@"; }
`;
/** The trace that docs/cli.md looks at. */
const FRONT = { traceId: '5af7183fb1d4cf5f', localEndpoint: { serviceName: 'front' } };
const SPANS = (nowUs: number): object[] => [
  { ...FRONT, id: '1', kind: 'SERVER', name: 'get /', timestamp: nowUs, duration: 1500 },
  {
    ...{ ...FRONT, id: '2', parentId: '1', kind: 'CLIENT', name: 'query', timestamp: nowUs + 10_700, duration: 900 },
    tags: { error: '' },
  },
];

describe('a document', () => {
  let suite: ChildProcess;
  const pods: DemoPod[] = [];
  beforeAll(async () => {
    chmodSync(directory, 0o755);
    // What the documents take for granted; a Debian that lacks it gets it.
    execFileSync('sh', [
      '-c',
      'command -v bash && command -v curl && command -v jq || { apt-get update -qq && apt-get install -y -qq curl jq; }',
    ]);
    mkdirSync(join(directory, 'home'));
    symlinkSync(resolve('node_modules'), join(directory, 'home/node_modules'));
    suite = spawn(process.execPath, [BIN, 'up'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const ready = new Promise((found, failed) => {
      suite.once('exit', () => {
        failed(new Error('the suite ended'));
      });
      suite.stdout?.setEncoding('utf8').on('data', (text: string) => {
        if (text.includes('Ready at')) found(undefined);
      });
    });
    for (const name of ['api-1', 'cli-1']) pods.push(await startDemoPod({ name }));
    await ready;
    const sent = await fetch(`http://localhost:${PORT}/api/v2/spans`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(SPANS(Date.now() * 1000)),
    });
    expect(sent.status).toBe(202);
  }, 240_000);
  afterAll(async () => {
    for (const pod of pods) await pod.stop();
    const ended = once(suite, 'exit');
    suite.kill('SIGTERM');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  }, 90_000);

  it.each(['README.md', 'docs/cli.md', 'docs/trace-files.md', 'docs/perf-tracer.md', 'docs/operations.md'])(
    '%s shows what its commands print',
    async (path) => {
      const commands = commandsIn(path).map((one) => ({
        ...one,
        command: one.command.replaceAll('localhost:8080', `localhost:${PORT}`),
      }));
      expect(commands.length).toBeGreaterThan(0);
      const printed = await typed(commands, {
        directory: join(directory, 'home'),
        env: { ...env, TRACER_URL: `http://localhost:${PORT}` },
        preamble: PREAMBLE,
      });
      const wrong = commands.flatMap(({ line, command, output }, at) => {
        const missing = notPrinted(output, printed[at] ?? '');
        return missing.length === 0 ? [] : [{ at: `${path}:${line}`, command, missing, printed: printed[at] }];
      });
      expect(wrong).toEqual([]);
    },
    240_000,
  );
});

describe('the comparison', () => {
  it('overlooks what differs between two runs, and nothing else', () => {
    expect(notPrinted(['["openat",2108,{"ENOENT":930}]'], '["openat",7,{"ENOENT":1}]\n')).toEqual([]);
    expect(notPrinted(['["openat",2108,{"ENOENT":930}]'], '["openat",7,{"EACCES":1}]\n')).toHaveLength(1);
    expect(notPrinted(['openat  6,120   263 ms', '…'], 'openat 61 2.6 µs')).toEqual([]);
    expect(notPrinted(['openat  6,120   263 ms'], 'openat 61 a')).toHaveLength(1);
    expect(notPrinted(['[78,155648,"2026-11-21T00:00:00.000Z"]'], '[0,98304,null]')).toEqual([]);
    expect(notPrinted(['[78,155648,{}]'], '[98304,{}]')).toHaveLength(1);
    expect(
      notPrinted(['pod 5aeaac80-6757-4c6b-a465-c97e640e0ffa'], 'pod 402fbed0-fdbc-45d3-91d7-9da537d680be'),
    ).toEqual([]);
    expect(notPrinted(['{"a":…,"z":1}'], '{"a":{"b":2},"z":3}')).toEqual([]);
    expect(notPrinted(['{"a":…,"z":1}'], '{"a":{"b":2}}')).toHaveLength(1);
  });
});
