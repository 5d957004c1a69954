import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import express, { type Response } from 'express';
import { inOrder, inTurn } from './in-turn.js';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

interface Serving {
  readonly port: number;
  /** Requests that were begun and have no answer yet, oldest first. */
  readonly begun: { readonly path: string; readonly response: Response }[];
}

async function serving(): Promise<Serving> {
  const begun: Serving['begun'] = [];
  const app = express();
  app.use(inTurn(), ({ path }, response) => void begun.push({ path, response }));
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, begun };
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}

describe('inTurn', () => {
  it('begins a request when the one before it on its connection has its answer', async () => {
    const { port, begun } = await serving();
    const [many, one] = [connect(port), connect(port)];
    let received = '';
    many.on('data', (piece: Buffer) => (received += piece.toString()));
    many.write(['/1', '/2', '/3'].map(get).join(''));
    await until(() => begun.length === 1);
    one.write(get('/other'));
    await until(() => begun.length === 2);
    expect(begun.map(({ path }) => path)).toEqual(['/1', '/other']);
    begun[0]?.response.end('one');
    await until(() => begun.length === 3);
    begun[2]?.response.end('two');
    await until(() => begun.length === 4);
    begun[3]?.response.end('three');
    await until(() => received.includes('three'));
    expect(begun.map(({ path }) => path)).toEqual(['/1', '/other', '/2', '/3']);
    expect(received.match(/one|two|three/g)).toEqual(['one', 'two', 'three']);
    many.destroy();
    one.destroy();
  });

  it('gives other connections their turn between the requests of one', async () => {
    const { port, begun } = await serving();
    const [many, one] = [connect(port), connect(port)];
    many.write(get('/many').repeat(500));
    await until(() => begun.length === 1);
    one.write(get('/one'));
    let answered = 0;
    while (!begun.some(({ path }) => path === '/one')) {
      for (const { response } of begun.splice(0)) {
        answered++;
        response.end('x');
      }
      await new Promise(setImmediate);
    }
    expect(answered).toBeLessThan(500);
    many.destroy();
    one.destroy();
  });

  it('begins nothing for a client that has left', async () => {
    const { port, begun } = await serving();
    const many = connect(port);
    many.write(get('/1') + get('/2'));
    await until(() => begun.length === 1);
    const closed = new Promise((resolve) => begun[0]?.response.once('close', resolve));
    many.destroy();
    await closed;
    const other = connect(port);
    other.write(get('/3'));
    await until(() => begun.length === 2);
    expect(begun[1]?.path).toBe('/3');
    other.destroy();
  });
});

describe('inOrder', () => {
  it('runs handlers one after the other, and stops at an error', () => {
    const seen: string[] = [];
    const step = (name: string, error?: Error) => (_: unknown, __: unknown, next: (error?: unknown) => void) => {
      seen.push(name);
      next(error);
    };
    const failure = new Error('no');
    inOrder([step('a'), step('b', failure), step('c')])({} as never, {} as never, (error) => {
      expect(error).toBe(failure);
      seen.push('end');
    });
    expect(seen).toEqual(['a', 'b', 'end']);
    inOrder([step('a'), step('c')])({} as never, {} as never, (error) => {
      expect(error).toBeUndefined();
      seen.push('end');
    });
    expect(seen.slice(3)).toEqual(['a', 'c', 'end']);
  });
});
