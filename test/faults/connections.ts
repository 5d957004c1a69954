import { connect, type Socket } from 'node:net';
import type { SuiteStage } from './suite-stage.js';

/** A plain connection to the gateway on which a test does what no HTTP client does. */
export class RawConnection {
  readonly socket: Socket;
  /** Bytes that arrived. */
  received = 0;
  /** Lines that begin with `{`, which is how events come. */
  events = 0;
  closed = false;
  /** The first bytes, as text: the head of the answer. */
  head = '';
  /** Everything behind them that is still needed: the end of the answer. */
  tail = '';

  constructor(stage: SuiteStage, port: number = stage.ports.gateway) {
    this.socket = connect(port, '127.0.0.1');
    stage.background.add(() => this.socket.destroy());
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => (this.closed = true));
    this.socket.on('data', (piece: Buffer) => {
      this.received += piece.length;
      if (this.head.length < 2000) this.head += piece.toString('latin1');
      this.tail = (this.tail + piece.toString('latin1')).slice(-2000);
      for (let at = piece.indexOf('\n{"'); at >= 0; at = piece.indexOf('\n{"', at + 1)) this.events++;
    });
  }

  /** A GET whose answer is asked for with the admin's token or another. */
  get(stage: SuiteStage, path: string, token = stage.token): this {
    this.socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`);
    return this;
  }

  /** Takes nothing more until `resume`: the kernel's buffers fill, then the sender's. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  end(): void {
    this.socket.destroy();
  }
}

/** A client that follows a session and counts what it gets. */
export class Follower {
  readonly connection: RawConnection;
  events = 0;
  /** Events that its stream says are missing. */
  missed = 0;
  #rest = '';

  constructor(stage: SuiteStage, path: string) {
    this.connection = new RawConnection(stage).get(stage, path);
    this.connection.socket.on('data', (piece: Buffer) => {
      const text = this.#rest + piece.toString('latin1');
      const end = text.lastIndexOf('\n');
      this.#rest = text.slice(end + 1);
      this.#count(text.slice(0, end + 1));
    });
  }

  get hasEnded(): boolean {
    return this.connection.closed || this.connection.tail.endsWith('0\r\n\r\n');
  }

  #count(lines: string): void {
    for (const [, name = '', count] of lines.matchAll(/^\{.*?"name":"([^"]*)"(?:.*"count":(\d+)\}\})?/gm)) {
      if (name === 'events skipped' || name === 'tail skipped') this.missed += Number(count);
      else this.events++;
    }
  }
}

/** The ms that ordinary requests take, one after the other: median and slowest. */
export async function ordinaryRequests(stage: SuiteStage, count: number): Promise<string> {
  const times: number[] = [];
  for (let at = 0; at < count; at++) {
    const startedAt = performance.now();
    const response = await stage.fetch(['/v1/pods', '/api/v1/files', '/api/v2/services'][at % 3] ?? '/');
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`an ordinary request was answered with ${response.status}`);
    times.push(performance.now() - startedAt);
  }
  times.sort((a, b) => a - b);
  return `p50 ${(times[count >> 1] ?? 0).toFixed(0)} ms, slowest ${(times.at(-1) ?? 0).toFixed(0)} ms`;
}
