import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createApp, createLogger, loadConfig } from '@tracer/service-kit';
import { app as definition } from '../apps/tracer-svc/src/app.js';
import { TracerSvcConfig } from '../apps/tracer-svc/src/config.js';
import type { BenchRow } from './bench-table.js';

export const title = 'Gateway: one request to many nodes, over HTTP from client to merged answer';

const NODES = 100;
const NODE_MS = 20;
const DEADLINE_MS = 500;
const STREAM_BYTES = 256 << 20;
const ROUNDS = 40;

/** The simulated nodes, on a thread of their own: `/v1/pods` after 20 ms, `/api/v1/events` as fast as it is taken. */
const NODES_CODE = `
  const { createServer } = require('node:http');
  const { once } = require('node:events');
  const { parentPort, workerData } = require('node:worker_threads');
  const { nodes, nodeMs, streamBytes } = workerData;
  const chunk = Buffer.alloc(1 << 18, 0x61);
  function stream(response) {
    let left = streamBytes;
    const more = () => {
      while (left > 0) {
        left -= chunk.length;
        if (!response.write(chunk)) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  }
  (async () => {
    const ports = [];
    for (let node = 0; node <= nodes; node++) {
      const Containers = { web: { Id: 'web', Pod: 'p' + node, Parent: [1], Tasks: [node, node + 1] } };
      const body = JSON.stringify({ ['p' + node]: { Containers } });
      const server = createServer((request, response) => {
        if (request.url.startsWith('/api')) stream(response);
        else if (node < nodes) setTimeout(() => response.end(body), nodeMs);
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      ports.push(server.address().port);
    }
    parentPort.postMessage(ports);
  })();
`;

export async function run(): Promise<BenchRow[]> {
  const workerData = { nodes: NODES, nodeMs: NODE_MS, streamBytes: STREAM_BYTES };
  const nodes = new Worker(NODES_CODE, { eval: true, workerData });
  const [ports] = (await once(nodes, 'message')) as [number[]];
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  const frozen = urls.pop() ?? '';
  try {
    const oneMs = await withGateway(urls.slice(0, 1), (url) => medianMs(url));
    const allMs = await withGateway(urls, (url) => medianMs(url));
    const lateMs = await withGateway([...urls.slice(1), frozen], (url) => slowestMs(url));
    const [throughMs, directMs] = await withGateway(urls.slice(0, 1), async (url) => [
      await streamMs(url),
      await streamMs(urls[0] ?? ''),
    ]);
    return [
      {
        name: `GET /v1/pods, ${NODES} nodes of ${NODE_MS} ms`,
        measured: ms(allMs),
        baseline: `one node: ${ms(oneMs)}`,
        ratio: times(allMs / oneMs),
        target: '≤ 1.5×',
      },
      {
        name: `the same, one frozen, deadline ${DEADLINE_MS} ms (slowest of 5)`,
        measured: ms(lateMs),
        baseline: `deadline: ${ms(DEADLINE_MS)}`,
        ratio: `+${ms(lateMs - DEADLINE_MS)}`,
        target: '≤ +50 ms',
      },
      {
        name: `${STREAM_BYTES >> 20} MiB streamed through the gateway`,
        measured: rate(throughMs),
        baseline: `direct: ${rate(directMs)}`,
        ratio: times(throughMs / directMs),
        target: '',
      },
    ];
  } finally {
    await nodes.terminate();
  }
}

async function withGateway<T>(nodes: readonly string[], measure: (url: string) => Promise<T>): Promise<T> {
  const env = {
    TRACER_NODES: nodes.join(','),
    TRACER_NODE_DEADLINE_MS: String(DEADLINE_MS),
    TRACER_INDEXER_URL: nodes[0] ?? '',
  };
  const log = createLogger('tracer-svc', 'silent');
  const app: NestExpressApplication = await createApp(definition, {
    config: loadConfig(TracerSvcConfig, { env }),
    log,
  });
  await app.listen(0, '127.0.0.1');
  try {
    return await measure(`http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`);
  } finally {
    app.getHttpServer().closeAllConnections();
    await app.close();
  }
}

async function requestMs(url: string): Promise<number> {
  const startedAtMs = performance.now();
  const [answer] = (await once(http.get(url), 'response')) as [http.IncomingMessage];
  answer.resume();
  await once(answer, 'end');
  return performance.now() - startedAtMs;
}

const streamMs = (url: string): Promise<number> => requestMs(`${url}/api/v1/events`);

/** After a few rounds that open the connections and warm the code. */
async function medianMs(url: string): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) times.push(await requestMs(`${url}/v1/pods`));
  const warm = times.slice(ROUNDS / 4).sort((a, b) => a - b);
  return warm[warm.length >> 1] ?? 0;
}

async function slowestMs(url: string): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 6; round++) times.push(await requestMs(`${url}/v1/pods`));
  return Math.max(...times.slice(1));
}

const ms = (time: number): string => `${time.toFixed(1)} ms`;
const times = (ratio: number): string => `${ratio.toFixed(2)}×`;
const rate = (time: number): string => `${(STREAM_BYTES / 1e6 / time).toFixed(2)} GB/s`;
