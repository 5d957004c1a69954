import { afterEach, describe, expect, it } from '@jest/globals';
import { FanOut, type NodeReply } from './fan-out.js';
import { NodeClient } from './node-client.js';
import { NodeDirectory } from './node-directory.js';
import { StaticNodes } from './static-nodes.js';
import {
  answering,
  droppingMidBody,
  endless,
  frozen,
  speakingGarbage,
  startFakeNode,
  type FakeNode,
} from './testing/fake-node.js';

const LIMITS = { connectTimeoutMs: 1000, answerLimitBytes: 1 << 20, totalLimitBytes: 4 << 20 };
const GET = { method: 'GET', path: '/v1/pods?x=1', headers: {} };
const open: { close(): unknown }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function cluster(
  behaviours: Parameters<typeof startFakeNode>[0][],
  limits = LIMITS,
): Promise<{ fanOut: FanOut; directory: NodeDirectory; nodes: FakeNode[] }> {
  const nodes = await Promise.all(behaviours.map(startFakeNode));
  const list = nodes.map(({ url }, index) => ({ name: `node-${index}`, url }));
  const directory = new NodeDirectory([new StaticNodes(list)]);
  directory.start();
  const client = new NodeClient();
  open.push(...nodes, client);
  return { fanOut: new FanOut(directory, client, limits), directory, nodes };
}

const textOf = ({ answer, silence }: NodeReply): string => answer?.body.toString() ?? `(${String(silence)})`;

async function timed<T>(work: Promise<T>): Promise<[T, number]> {
  const startedAtMs = performance.now();
  return [await work, performance.now() - startedAtMs];
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('FanOut', () => {
  it('asks all nodes at once and answers in name order', async () => {
    // Nobody answers before everybody was asked.
    const waiting: (() => void)[] = [];
    const behaviours = [0, 1, 2, 3].map((of): Parameters<typeof startFakeNode>[0] => (request, response) => {
      waiting.push(() => {
        answering({ of })(request, response);
      });
      if (waiting.length === 4) for (const answer of waiting.reverse()) answer();
    });
    const { fanOut } = await cluster(behaviours);
    const replies = await fanOut.ask(GET, 30_000);
    expect(replies.map(textOf)).toEqual(['{"of":0}', '{"of":1}', '{"of":2}', '{"of":3}']);
  });

  it('forwards method, target, headers and body unchanged', async () => {
    const seen: unknown[] = [];
    const { fanOut } = await cluster([
      (request, response) => {
        void request.toArray().then((chunks: Buffer[]) => {
          const { method, url, headers } = request;
          seen.push([method, url, headers['x-tracer-group'], Buffer.concat(chunks).toString()]);
          response.end();
        });
      },
    ]);
    const headers = { 'x-tracer-group': '17', 'content-length': '8' };
    await fanOut.ask({ method: 'POST', path: '/v1/a%2Fb?q=%20', headers, body: Buffer.from('{"a": 1}') }, 5000);
    expect(seen).toEqual([['POST', '/v1/a%2Fb?q=%20', '17', '{"a": 1}']]);
  });

  it('gives a frozen node up at the deadline and keeps the other answers', async () => {
    const { fanOut, directory } = await cluster([answering(1), frozen, answering(3)]);
    const [replies, tookMs] = await timed(fanOut.ask(GET, 200));
    expect(replies.map(textOf)).toEqual(['1', '(no answer within 200 ms)', '3']);
    expect(tookMs).toBeGreaterThanOrEqual(195);
    expect(directory.states().map(({ condition }) => condition)).toEqual(['answering', 'failing', 'answering']);
  });

  it('does not let a frozen request delay a later one', async () => {
    let requests = 0;
    const { fanOut } = await cluster([
      (request, response) => {
        (requests++ === 0 ? frozen : answering('again'))(request, response);
      },
    ]);
    const ended: string[] = [];
    const first = fanOut.ask(GET, 2000).finally(() => ended.push('first'));
    const second = await fanOut.ask(GET, 2000).finally(() => ended.push('second'));
    expect(second.map(textOf)).toEqual(['"again"']);
    expect((await first).map(textOf)).toEqual(['(no answer within 2000 ms)']);
    expect(ended).toEqual(['second', 'first']);
  });

  it('names what is wrong with broken nodes', async () => {
    const gone = await startFakeNode(frozen);
    await gone.close();
    const { fanOut } = await cluster([droppingMidBody, speakingGarbage, endless]);
    expect((await fanOut.ask(GET, 3000)).map(textOf)).toEqual([
      '(the connection was lost in the middle of the answer)',
      expect.stringMatching(/^\(Parse Error/),
      '(the answer is larger than 1048576 bytes)',
    ]);
    const directory = new NodeDirectory([new StaticNodes([{ name: 'gone', url: gone.url }])]);
    directory.start();
    const client = new NodeClient();
    open.push(client);
    const replies = await new FanOut(directory, client, LIMITS).ask(GET, 3000);
    expect(replies.map(textOf)).toEqual([expect.stringMatching(/ECONNREFUSED/)]);
  });

  it('bounds the memory of all answers together', async () => {
    const big = answering('x'.repeat(100_000));
    const { fanOut } = await cluster([big, big, big], { ...LIMITS, totalLimitBytes: 250_000 });
    const silent = (await fanOut.ask(GET, 3000)).filter(({ silence }) => silence !== undefined);
    expect(silent.map(({ silence }) => silence)).toEqual(['all answers together are too large']);
  });

  it('says why a node without an address cannot be asked', async () => {
    const directory = new NodeDirectory([new StaticNodes([{ name: 'a', absence: 'the pod is Pending' }])]);
    directory.start();
    const client = new NodeClient();
    open.push(client);
    expect(await new FanOut(directory, client, LIMITS).ask(GET, 100)).toEqual([
      { node: 'a', silence: 'the pod is Pending' },
    ]);
  });

  it('stops asking when the client leaves and does not blame the nodes', async () => {
    const { fanOut, directory, nodes } = await cluster([frozen, frozen]);
    const leave = new AbortController();
    setTimeout(() => {
      leave.abort();
    }, 50);
    const [replies, tookMs] = await timed(fanOut.ask(GET, 30_000, leave.signal));
    expect(replies.map(textOf)).toEqual(['(the client left)', '(the client left)']);
    expect(tookMs).toBeLessThan(25_000);
    await until(() => nodes.every((node) => node.abandoned() === 1));
    expect(directory.states().map(({ condition }) => condition)).toEqual(['unknown', 'unknown']);
  });

  it('keeps connections for reads and repeats one that met a closing connection', async () => {
    let requests = 0;
    const { fanOut, nodes } = await cluster([
      (request, response) => {
        requests++;
        // The third request is met as a node does that closes its idle connection just then.
        if (requests === 3) request.socket.destroy();
        else answering(requests)(request, response);
      },
    ]);
    for (const expected of ['1', '2', '4']) expect((await fanOut.ask(GET, 3000)).map(textOf)).toEqual([expected]);
    expect(nodes[0]?.connections()).toBe(2);
  });

  it('never sends a change twice', async () => {
    let requests = 0;
    const { fanOut } = await cluster([
      (request) => {
        requests++;
        request.socket.destroy();
      },
    ]);
    const [reply] = await fanOut.ask({ method: 'POST', path: '/', headers: {} }, 3000);
    expect([requests, reply?.silence]).toEqual([1, 'socket hang up']);
  });
});
