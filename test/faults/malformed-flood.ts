import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { ordinaryRequests, RawConnection } from './connections.js';
import type { Fault } from './fault.js';
import { mib, SERVICES, type SuiteStage } from './suite-stage.js';

const ODD_REQUESTS: readonly ((token: string) => string)[] = [
  ...[
    '/api/v1/events?limit=abc',
    '/api/v2/trace/zz',
    '/v1/trace-session/x',
    '/api/v1/viz/events?begin=1',
    '/%zz',
    '/nothing',
  ].map(
    (path) => (token: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  ),
  ...(
    [
      ['/api/v2/spans', 'application/json', '[{"traceId":"zz"}]'],
      ['/api/v2/spans', 'application/x-protobuf', '\u0001\u00ff\u00ff'],
      ['/api/v1/spans', 'application/x-thrift', '\u000c\u00ff\u00ff\u00ff\u00ff'],
      ['/v1/traces', 'application/x-protobuf', '\u000a\u00ff\u00ff\u00ff\u007f'],
      ['/v1/trace-session', 'application/json', '{"pod":'],
      ['/api/v1/query', 'application/json', '{"group_by":{"a":1}}'],
    ] as const
  ).map(
    ([path, type, body]) =>
      (token: string) =>
        `POST ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  ),
];

const MARK = Buffer.from('HTTP/1.1 ');
const CODE = Buffer.from('X-Tracer-Error: ');
/** Of a mark with its status. */
const MARK_BYTES = MARK.length + 3;
/** Where a code stands in the head of a failure, at most. */
const HEAD_BYTES = 2_000;

/** Counts answers in what comes on a connection, by status; a 5xx by its code as well. Cheap, to leave the machine to others. */
class AnswerCounter {
  #rest: Buffer = Buffer.alloc(0);

  constructor(private readonly answers: Map<string, number>) {}

  /** How many there are in the next piece. */
  add(piece: Buffer): number {
    const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    let [count, end] = [0, 0];
    for (let at = bytes.indexOf(MARK); at >= 0 && at + MARK_BYTES <= bytes.length; at = bytes.indexOf(MARK, end)) {
      const status = bytes.toString('latin1', at + MARK.length, at + MARK_BYTES);
      const answer = status.startsWith('5') ? `${status} ${codeIn(bytes.subarray(at, at + HEAD_BYTES))}` : status;
      this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1);
      count++;
      end = at + MARK_BYTES;
    }
    this.#rest = bytes.subarray(Math.max(end, bytes.length - MARK_BYTES + 1));
    return count;
  }
}

function codeIn(head: Buffer): string {
  const at = head.indexOf(CODE);
  return at < 0
    ? 'no code'
    : (/^\w*/.exec(head.toString('latin1', at + CODE.length, at + CODE.length + 40))?.[0] ?? '');
}

/** Unanswered requests of one connection. */
const UNDER_WAY = 48;

/** One kind of wrong request on a kept connection, many at a time and as many again as are answered. */
class Lane {
  #connection: RawConnection;
  #isOver = false;

  constructor(
    private readonly stage: SuiteStage,
    private readonly request: string,
    private readonly answers: Map<string, number>,
  ) {
    this.#connection = this.#open();
  }

  end(): void {
    this.#isOver = true;
    this.#connection.end();
  }

  #open(): RawConnection {
    const connection = new RawConnection(this.stage);
    const counter = new AnswerCounter(this.answers);
    const send = (count: number): void => {
      if (count > 0 && !this.#isOver) connection.socket.write(this.request.repeat(count), 'latin1');
    };
    connection.socket.on('data', (piece: Buffer) => {
      send(counter.add(piece));
    });
    connection.socket.on('close', () => {
      if (!this.#isOver) setTimeout(() => (this.#connection = this.#open()), 10);
    });
    send(UNDER_WAY);
    return connection;
  }
}

/** On a machine that does little, at least so many answers are waited for. */
const LEAST_ANSWERS = 1_000;

interface Flooded {
  readonly answers: ReadonlyMap<string, number>;
  readonly tookMs: number;
  /** What became of proper requests meanwhile: how long those took that were answered, and the codes of the others. */
  readonly goodMs: readonly number[];
  readonly refused: readonly string[];
}

async function flood(stage: SuiteStage, durationMs: number): Promise<Flooded> {
  const answers = new Map<string, number>();
  const lanes = ODD_REQUESTS.map((make) => new Lane(stage, make(stage.token), answers));
  const startedAt = performance.now();
  const passedMs = (): number => performance.now() - startedAt;
  const goodMs: number[] = [];
  const refused: string[] = [];
  while (passedMs() < durationMs || (total(answers) < LEAST_ANSWERS && passedMs() < 90_000)) {
    const at = performance.now();
    const response = await stage.fetch(PROPER[(goodMs.length + refused.length) % PROPER.length] ?? '/');
    await response.arrayBuffer();
    if (response.ok) goodMs.push(performance.now() - at);
    else refused.push(response.headers.get('x-tracer-error') ?? String(response.status));
    await sleep(10);
  }
  const tookMs = passedMs();
  for (const lane of lanes) lane.end();
  return { answers, tookMs, goodMs: goodMs.sort((a, b) => a - b), refused };
}

const PROPER = ['/v1/pods', '/api/v1/files', '/api/v2/services'];

function total(answers: ReadonlyMap<string, number>): number {
  return [...answers.values()].reduce((a, b) => a + b, 0);
}

export const malformedFlood: Fault = {
  name: 'malformed requests, as many as the machine makes',
  must: 'never a 5xx, unless no agent answers in time; proper requests are answered meanwhile; services alive and in the same processes; memory bounded',
  async run(stage, { factor }) {
    const pids = SERVICES.map((app) => stage.pidOf(app));
    const before = stage.rssBytes(...SERVICES);
    const garbage = Array.from({ length: 100 }, (_, at) => {
      const connection = new RawConnection(stage, Object.values(stage.ports)[at % 4]);
      connection.socket.write(Buffer.from(`\u0016\u0003\u0001 ${'\u00ff\u0000'.repeat(at)}\r\n\r\n`, 'latin1'));
      return connection;
    });
    const { answers, tookMs, goodMs, refused } = await flood(stage, 4_000 * factor);
    await stage.until('garbage is answered or cut', () =>
      garbage.every(({ closed, received }) => closed || received > 0),
    );
    for (const one of garbage) one.end();
    assert.ok(goodMs.length > 0);
    assert.deepEqual(
      refused.filter((code) => code !== 'NODES_UNREACHABLE'),
      [],
    );
    // That no agent answered in time is what a deadline is for.
    const failures = [...answers].filter(([answer]) => answer.startsWith('5') && !answer.endsWith('NODES_UNREACHABLE'));
    assert.deepEqual(failures, []);
    assert.deepEqual(
      SERVICES.map((app) => stage.pidOf(app)),
      pids,
    );
    const others = await ordinaryRequests(stage, 15);
    const held = stage.rssBytes(...SERVICES) - before;
    assert.ok(held < 400 * 2 ** 20, `${mib(held)} more memory`);
    const count = total(answers);
    const kinds = [...answers].sort().map(([status, count]) => `${status} × ${count}`);
    const at = (share: number): string => (goodMs[Math.floor(share * goodMs.length)] ?? 0).toFixed(0);
    const proper = `${goodMs.length} proper requests meanwhile, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms${refused.length > 0 ? `, ${refused.length} without an agent in time` : ''}`;
    return `${count} requests at ${Math.round((count / tookMs) * 1000)}/s on ${availableParallelism()} shared cores (sender included): ${kinds.join(', ')}; ${proper}; ${mib(held)} more memory; afterwards ${others}`;
  },
};
