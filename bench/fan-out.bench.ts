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

/**
 * What stands behind the gateway, on a thread of its own: nodes that answer any request with the same bytes after 20 ms
 * (and parse nothing: real ones have machines of their own), a frozen one, and a service that streams.
 */
const BEHIND_CODE = `
  const { createServer } = require('node:http');
  const net = require('node:net');
  const { once } = require('node:events');
  const { parentPort, workerData } = require('node:worker_threads');
  const { nodes, nodeMs, streamBytes } = workerData;
  const chunk = Buffer.alloc(1 << 18, 0x61);

  function node(name) {
    const Containers = { web: { Id: 'web', Pod: name, Parent: [1], Tasks: [2, 3] } };
    const body = JSON.stringify({ [name]: { Containers } });
    const head = 'HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: ' + body.length + '\\r\\n\\r\\n';
    const answer = Buffer.from(head + body);
    return net.createServer((socket) => {
      socket.on('data', () => setTimeout(() => socket.write(answer), nodeMs)).on('error', () => undefined);
    });
  }

  function stream(_, response) {
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

  async function urlOf(server) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return 'http://127.0.0.1:' + server.address().port;
  }

  (async () => {
    const urls = await Promise.all(Array.from({ length: nodes }, (_, index) => urlOf(node('pod-' + index))));
    const frozen = await urlOf(net.createServer((socket) => socket.resume().on('error', () => undefined)));
    parentPort.postMessage({ urls, frozen, service: await urlOf(createServer(stream)) });
  })();
`;

interface Behind {
  readonly urls: readonly string[];
  readonly frozen: string;
  readonly service: string;
}

export async function run(): Promise<BenchRow[]> {
  const workerData = { nodes: NODES, nodeMs: NODE_MS, streamBytes: STREAM_BYTES };
  const worker = new Worker(BEHIND_CODE, { eval: true, workerData });
  const [{ urls, frozen, service }] = (await once(worker, 'message')) as [Behind];
  try {
    const oneMs = await withGateway(urls.slice(0, 1), medianMs);
    const allMs = await withGateway(urls, medianMs);
    const lateMs = await withGateway([...urls.slice(1), frozen], slowestMs);
    const throughMs = await withGateway(urls.slice(0, 1), streamMs, service);
    const directMs = await streamMs(service);
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
    await worker.terminate();
  }
}

async function withGateway(
  nodes: readonly string[],
  measure: (url: string) => Promise<number>,
  service = '',
): Promise<number> {
  const env = {
    TRACER_NODES: nodes.join(','),
    TRACER_NODE_DEADLINE_MS: String(DEADLINE_MS),
    TRACER_INDEXER_URL: service,
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
