import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IndexerWorld } from './fixtures/indexer-world.js';
import { MIXED } from './fixtures/mixed-traces.js';

const world = new IndexerWorld();
beforeAll(async () => {
  world.write('a.pfw.gz', MIXED);
  await world.start();
});
afterAll(() => world.close());

/** Sends bytes as they are and reads until the server hangs up. */
function exchange(bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(new URL(world.url).port), '127.0.0.1');
    socket.on('data', (part) => (answer += part.toString('latin1')));
    socket.once('error', reject).once('close', () => {
      resolve(answer);
    });
    socket.write(bytes);
  });
}

const statuses = (answer: string): string[] =>
  [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, code]) => code ?? '');
const FILES = 'GET /api/v1/files HTTP/1.1\r\nHost: localhost\r\n';
const CLOSE = 'Connection: close\r\n\r\n';

/** Requests of clients that are no library: what dftracer_server's own tests of its parser send. */
describe('requests as bytes', () => {
  it.each<[string, string, string[]]>([
    ['one after the other without waiting are all answered', `${FILES}\r\n${FILES}${CLOSE}`, ['200', '200']],
    ['of HTTP/1.0 are answered', 'GET /api/v1/files HTTP/1.0\r\n\r\n', ['200']],
    ['with 65 headers are answered', `${FILES}${'X-More: 1\r\n'.repeat(65)}${CLOSE}`, ['200']],
    ['with a head of 9 KB are answered', `${FILES}X-Long: ${'x'.repeat(9000)}\r\n${CLOSE}`, ['200']],
    ['with a head over every limit are refused', `${FILES}X-Long: ${'x'.repeat(70_000)}\r\n${CLOSE}`, ['431']],
    ['of an unknown version are refused', 'GET /api/v1/files HTTP/9.9\r\nHost: localhost\r\n\r\n', ['400']],
    ['with bare line feeds are refused', 'GET /api/v1/files HTTP/1.1\nHost: localhost\nConnection: close\n\n', ['400']],
    ['with a control character in a header are refused', `${FILES}X-Bad: a\x01b\r\n${CLOSE}`, ['400']],
    ['with a header name that is no token are refused', `${FILES}X Bad: 1\r\n${CLOSE}`, ['400']],
  ])('%s', async (_, bytes, expected) => {
    expect(statuses(await exchange(bytes))).toEqual(expected);
  });

  it('do not reach a file by what stands in the path', async () => {
    for (const path of [
      '/api/v1/../v1/files',
      '/api/v1/files/a.pfw.gz',
      '/api/v1/files/..%2f..%2fetc/passwd',
      '//api/v1/files',
    ]) {
      const answer = await exchange(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n${CLOSE}`);
      expect([path, statuses(answer)[0]]).toEqual([path, '404']);
    }
  });
});
