/** The kinds of requests of a mixed load, each with the pause that it makes between two. */
import { built } from '../fuzz/built.mjs';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

const spanModel = await built('libs/span-model/src/index.js');
const { encodeDmEvent } = await built('libs/storage/src/dm/dm-wire-writer.js');

const SPANS = 50;
const FILE_EVENTS = 60_000;
const FILE_START_US = 1_795_000_000_000_000;
const POD = 'load-1';
/** Traces that are read are among the newest so many. */
const REMEMBERED = 500;

/** Prepares files and a pod; resolves with the kinds of requests. Kernel sessions are left out where nobody may trace. */
export async function trafficOf({ url, traces }) {
  const { ask, json } = client(url);
  writeFileSync(join(traces, 'load.pfw.gz'), gzipSync(traceText(), { level: 1 }));
  const pod = process.getuid() === 0 ? startPod() : undefined;
  await sleep(2_000);
  const known = [];
  const send = (type, path, encode) => async () => {
    const traceId = randomBytes(16).toString('hex');
    await ask(path, { method: 'POST', headers: { 'content-type': type }, body: encode(spansOf(traceId)) });
    known.push(traceId);
    if (known.length > REMEMBERED) known.shift();
  };
  const anyTrace = () => known[Math.floor(Math.random() * known.length)];
  const window = `begin=0&end=${FILE_EVENTS * 5}`;
  const file = 'file=load.pfw.gz';
  const kinds = [
    {
      name: `spans, Zipkin JSON (${SPANS} each)`,
      pauseMs: 20,
      run: send('application/json', '/api/v2/spans', spanModel.encodeZipkinV2Json),
    },
    {
      name: `spans, OTLP protobuf (${SPANS} each)`,
      pauseMs: 20,
      run: send('application/x-protobuf', '/v1/traces', spanModel.encodeOtlpProto),
    },
    {
      name: `spans, Zipkin thrift (${SPANS} each)`,
      pauseMs: 20,
      run: send('application/x-thrift', '/api/v1/spans', spanModel.encodeZipkinV1Thrift),
    },
    {
      name: 'search of spans',
      pauseMs: 100,
      run: () => json('/api/v1/spans/search', { service: 'load-3', limit: 20 }),
    },
    { name: 'a trace, Zipkin', pauseMs: 50, run: async () => known.length > 0 && ask(`/api/v2/trace/${anyTrace()}`) },
    { name: 'a trace, rows', pauseMs: 50, run: async () => known.length > 0 && ask(`/api/v1/traces/${anyTrace()}`) },
    { name: 'services', pauseMs: 200, run: () => ask('/api/v2/services') },
    {
      name: 'events of a file, filtered',
      pauseMs: 50,
      run: () => ask(`/api/v1/events?${file}&name=op3&dur_min=400&limit=1000`),
    },
    { name: 'all events of a file', pauseMs: 500, run: () => ask(`/api/v1/events/stream?${file}`) },
    {
      name: 'density of a window',
      pauseMs: 50,
      run: () => ask(`/api/v1/viz/density?${file}&${window}&viewport_width=1200`),
    },
    {
      name: 'events of a window',
      pauseMs: 50,
      run: () => ask(`/api/v1/viz/events?${file}&${window}&summary=2&limit=5000`),
    },
    {
      name: 'sums by name',
      pauseMs: 100,
      run: () => json('/api/v1/query', { files: ['load.pfw.gz'], group_by: ['name'], aggregate: ['count', 'p99'] }),
    },
    { name: 'replication events, import of 20', pauseMs: 100, run: importEvents(ask) },
    { name: 'replication events, list', pauseMs: 100, run: () => ask('/api/v1/dm/events?limit=100') },
    { name: 'a run of a feature: start, 3 steps, end', pauseMs: 100, run: featureRun(json) },
    { name: 'pods', pauseMs: 200, run: () => ask('/v1/pods') },
    ...(pod === undefined
      ? []
      : [{ name: 'a kernel session: define, start, 1 s, stop, read, delete', pauseMs: 500, run: session(ask, json) }]),
  ];
  return { kinds, stop: async () => void pod?.kill('SIGTERM') };
}

function client(url) {
  const ask = async (path, init = {}) => {
    const response = await fetch(url + path, { signal: AbortSignal.timeout(120_000), ...init });
    const text = await response.text();
    if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${path}: ${response.status} ${text.slice(0, 200)}`);
    return text;
  };
  const json = async (path, body, method = 'POST') =>
    ask(path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  return { ask, json };
}

function spansOf(traceId) {
  const startUs = Date.now() * 1000;
  const service = `load-${Math.floor(Math.random() * 8)}`;
  let root;
  const list = Array.from({ length: SPANS }, (_, at) => {
    const id = randomBytes(8).toString('hex');
    root ??= id;
    return {
      traceId,
      id,
      ...(at === 0 ? {} : { parentId: root }),
      kind: at % 2 === 0 ? 'SERVER' : 'CLIENT',
      name: `step ${at % 10}`,
      timestamp: startUs + at * 10,
      duration: 100 + at,
      localEndpoint: { serviceName: service },
      tags: { 'http.path': `/p/${at}`, filling: 'x'.repeat(60) },
    };
  });
  return spanModel.decodeZipkinV2Json(Buffer.from(JSON.stringify(list))).spans;
}

function traceText() {
  const lines = Array.from(
    { length: FILE_EVENTS },
    (_, at) =>
      `{"id":${at},"name":"op${at % 10}","cat":"POSIX","pid":${1 + (at % 4)},"tid":${1 + (at % 16)},"ts":${FILE_START_US + at * 10},"dur":${(at * 7919) % 500},"ph":"X","args":{"ret":${(at * 31) % 4096},"key":"${randomBytes(12).toString('hex')}"}}`,
  );
  return `[\n${lines.join('\n')}\n]\n`;
}

/** Lines as `/api/v1/dm/export` gives them: the wire form of workers in base64. */
function importEvents(ask) {
  const text = (value) => Buffer.from(value);
  return async () => {
    const traceId = randomBytes(8).toString('hex');
    const lines = Array.from({ length: 20 }, (_, at) => {
      const base = {
        filename: text('syncer.go'),
        line: at,
        tso: BigInt(Date.now()) * 1_000_000n,
        traceId: text(`${traceId}.${at}`),
        groupId: text(traceId),
        type: 1,
      };
      const event = { type: 1, base, eventType: 30, opType: 1 };
      return JSON.stringify({ type: 'binlog', wire: encodeDmEvent(event).toString('base64') });
    });
    await ask('/api/v1/dm/import', {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.join('\n'),
    });
  };
}

function featureRun(json) {
  return async () => {
    const run = { trace_tag: 'load', trace_id: randomBytes(8).toString('hex') };
    await json('/api/tracing/start', run);
    for (let step = 1; step <= 3; step++) await json('/api/tracing/step', { ...run, step_name: `step ${step}` });
    await json('/api/tracing/end', run);
  };
}

function session(ask, json) {
  return async () => {
    const created = JSON.parse(
      await json('/v1/trace-session', { pod: POD, container: '*', 'trace-hook': 'trace_syscalls' }),
    );
    const [id] = Object.keys(created);
    await json(`/v1/trace-session/${id}`, { run: true }, 'PUT');
    await sleep(1_000);
    await json(`/v1/trace-session/${id}`, { run: false }, 'PUT');
    await ask(`/v1/trace-session/${id}/summary`);
    await ask(`/v1/trace-session/${id}?purge=1`, { method: 'DELETE' });
  };
}

function startPod() {
  return spawn('setpriv', ['--pdeathsig', 'TERM', 'scripts/demo-pod.sh', POD], { stdio: 'ignore' });
}
