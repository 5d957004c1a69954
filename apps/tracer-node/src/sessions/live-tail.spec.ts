import { describe, expect, it } from '@jest/globals';
import { Writable } from 'node:stream';
import { LiveReaders, type LiveFormat } from '@tracer/service-kit';
import { LiveTail } from './live-tail.js';

/** A client that takes nothing until told to. */
class Client extends Writable {
  readonly received: string[] = [];
  slow = false;
  #waiting: (() => void) | undefined;

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.received.push(chunk.toString());
    if (this.slow) this.#waiting = done;
    else done();
  }

  async takeAll(): Promise<void> {
    this.slow = false;
    this.#waiting?.();
    await new Promise(setImmediate);
  }

  get text(): string {
    return this.received.join('');
  }
}

const tailTo = (client: Client, format: LiveFormat, sessions: number): LiveTail =>
  new LiveTail(new LiveReaders({ most: 1, totalBytes: 4 << 20 }).add(client, format), format, sessions);
const line = (id: number): Buffer => Buffer.from(`{"id":${id}}\n`);

describe('LiveTail', () => {
  it('hands lines on as they are and ends with the session', () => {
    const client = new Client();
    const tail = tailTo(client, 'ndjson', 1);
    tail.lines(Buffer.concat([line(1), line(2)]));
    tail.lines(line(3));
    tail.end('stopped');
    expect(client.text).toBe('{"id":1}\n{"id":2}\n{"id":3}\n');
    expect(client.writableEnded).toBe(true);
    expect(() => {
      tail.lines(line(4));
    }).not.toThrow();
  });

  it('speaks SSE, with the reason at the end', () => {
    const client = new Client();
    const tail = tailTo(client, 'sse', 1);
    tail.lines(Buffer.concat([line(1), line(2)]));
    tail.end('time limit');
    expect(client.text).toBe('data: {"id":1}\n\ndata: {"id":2}\n\nevent: end\ndata: {"reason":"time limit"}\n\n');
  });

  it.each(['ndjson', 'sse'] as const)('skips whole lines for a slow client and says how many (%s)', async (format) => {
    const client = new Client();
    client.slow = true;
    const tail = tailTo(client, format, 1);
    const big = Buffer.from(`${JSON.stringify({ pad: 'x'.repeat(1 << 20) })}\n`);
    for (let sent = 0; sent < 20; sent++) tail.lines(Buffer.concat([big, line(sent)]));
    expect(client.writableLength).toBeLessThan(8 << 20);
    await client.takeAll();
    tail.lines(line(99));
    tail.end('stopped');
    const whole = client.text.match(/\{"(?:id|pad)":[^}]*\}/g) ?? [];
    const skipped = [...client.text.matchAll(/"count":(\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
    expect(skipped).toBeGreaterThan(0);
    expect(whole.length + skipped).toBe(20 * 2 + 1);
    expect(client.text).toContain(format === 'sse' ? 'event: skipped' : '"name":"events skipped"');
  });

  it('waits for the last of several sessions', () => {
    const client = new Client();
    const tail = tailTo(client, 'ndjson', 2);
    tail.end('stopped');
    tail.lines(line(1));
    expect(client.writableEnded).toBe(false);
    tail.end('stopped');
    expect(client.text).toBe('{"id":1}\n');
    expect(client.writableEnded).toBe(true);
  });

  it('does nothing for a client that is gone', () => {
    const client = new Client();
    const tail = tailTo(client, 'sse', 1);
    client.destroy();
    tail.lines(line(1));
    tail.end('stopped');
    expect(client.text).toBe('');
  });
});
