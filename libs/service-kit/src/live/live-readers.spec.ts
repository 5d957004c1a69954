import { Writable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { LiveFrames } from './live-frames.js';
import { LiveReaders } from './live-readers.js';

/** A client that takes nothing. */
class Stopped extends Writable {
  override _write(): void {
    // Never done.
  }
}

const frames = new LiveFrames(Buffer.from('{"id":1,"pad":"0123456789"}\n'.repeat(1000)), 'ndjson');

describe('LiveReaders', () => {
  it('has so many places, and has them again when clients leave', async () => {
    const readers = new LiveReaders({ most: 2, totalBytes: 1 << 20 });
    const [first, second] = [new Stopped(), new Stopped()];
    readers.add(first, 'ndjson');
    readers.add(second, 'sse');
    expect(() => readers.add(new Stopped(), 'ndjson')).toThrow('2 clients follow sessions already');
    const closed = new Promise((resolve) => first.once('close', resolve));
    first.destroy();
    await closed;
    expect(readers.size).toBe(1);
    readers.add(new Stopped(), 'ndjson');
    second.destroy();
  });

  it('divides what may wait among all clients, and counts what they miss', () => {
    const readers = new LiveReaders({ most: 1000, totalBytes: 16 << 20 });
    const clients = Array.from({ length: 200 }, () => new Stopped());
    const all = clients.map((client) => readers.add(client, 'ndjson'));
    let written = 0;
    for (; written < 20; written++) for (const reader of all) reader.write(frames);
    const held = clients.reduce((sum, { writableLength }) => sum + writableLength, 0);
    expect(held).toBeLessThan((16 << 20) + clients.length * frames.bytes.length);
    expect(all.every(({ hasRoom }) => !hasRoom)).toBe(true);
    const got = held / frames.bytes.length;
    expect(readers.skippedEvents).toBe((clients.length * written - got) * 1000);
    expect(readers.skippedEvents).toBeGreaterThan(0);
  });

  it('says in its place what is missing, once', async () => {
    const chunks: string[] = [];
    let take: () => void = () => undefined;
    const client = new Writable({
      highWaterMark: 10,
      write(chunk: Buffer, _, done) {
        chunks.push(chunk.toString());
        take = done;
      },
    });
    const readers = new LiveReaders({ most: 1, totalBytes: 1 });
    const reader = readers.add(client, 'ndjson');
    const large = new LiveFrames(Buffer.from('x\n'.repeat(40_000)), 'ndjson');
    for (const piece of [large, large, large]) reader.write(piece);
    expect(readers.skippedEvents).toBe(80_000);
    const goOn = async (): Promise<void> => {
      take();
      await new Promise(setImmediate);
    };
    await goOn();
    await goOn();
    reader.end('last\n');
    await goOn();
    const [first, ...rest] = chunks;
    expect(first).toBe(large.bytes.toString());
    expect(rest.join('')).toBe(
      '{"name":"events skipped","cat":"tracer","ph":"X","ts":0,"dur":0,"args":{"count":80000}}\nlast\n',
    );
  });
});
