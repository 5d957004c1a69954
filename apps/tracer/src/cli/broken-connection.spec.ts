import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { selfSigned } from '../../../../libs/service-kit/src/testing/certificates.js';
import { brokenConnection } from './broken-connection.js';

const plain = createServer((_, response) => response.end('{}'));
const tls = createTlsServer(selfSigned(), (_, response) => response.end('{}'));
const portOf = (server: typeof plain | typeof tls): number => (server.address() as AddressInfo).port;

beforeAll(async () => {
  for (const server of [plain, tls]) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
});
afterAll(() => {
  for (const server of [plain, tls]) {
    server.closeAllConnections();
    server.close();
  }
});

/** What is said about a real request that got no answer. */
async function said(url: string): Promise<string> {
  const error: unknown = await fetch(url).then(
    () => new Error('it was answered'),
    (reason: unknown) => reason,
  );
  const { message, hints, exitCode } = brokenConnection(url, error);
  expect(exitCode).toBe(3);
  return [message, ...hints].join('\n');
}

describe('brokenConnection', () => {
  it('a certificate of an authority that is not known: how to make it known', async () => {
    expect(await said(`https://127.0.0.1:${portOf(tls)}`)).toMatch(
      /has a certificate that nobody known here has signed.*\n.*NODE_EXTRA_CA_CERTS=/,
    );
  });

  it('TLS where there is none, and none where there is: the other address', async () => {
    expect(await said(`https://127.0.0.1:${portOf(plain)}`)).toBe(
      `https://127.0.0.1:${portOf(plain)} does not speak TLS\nWithout:    --url http://127.0.0.1:${portOf(plain)}`,
    );
    expect(await said(`http://127.0.0.1:${portOf(tls)}`)).toMatch(
      new RegExp(`broke off.*\\nIf it serves TLS: {4}--url https://127\\.0\\.0\\.1:${portOf(tls)}$`),
    );
  });

  it('an answer that is cut: only that', () => {
    const error = new TypeError('terminated', { cause: new Error('other side closed') });
    const { message, hints } = brokenConnection('http://x', error);
    expect([message, hints]).toEqual(['the connection to http://x broke off (other side closed)', []]);
  });

  it('nobody there: how to start it, or where to look', async () => {
    expect(await said('http://127.0.0.1:1')).toMatch(/^no gateway answers at .*\nStart the suite with: {4}tracer up/);
  });

  it('a name with several addresses: why the first of them failed', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED ::1:1'), { code: 'ECONNREFUSED' });
    const cause = Object.assign(new AggregateError([refused, new Error('other')], ''), { code: 'ECONNREFUSED' });
    const { message } = brokenConnection('http://localhost:1', new TypeError('fetch failed', { cause }));
    expect(message).toBe('no gateway answers at http://localhost:1 (connect ECONNREFUSED ::1:1)');
  });

  it.each([
    ['ERR_TLS_CERT_ALTNAME_INVALID', "does not match certificate's altnames"],
    ['CERT_HAS_EXPIRED', 'certificate has expired'],
  ])('%s: what is wrong with the certificate', (code, reason) => {
    const error = new TypeError('fetch failed', { cause: Object.assign(new Error(reason), { code }) });
    expect(brokenConnection('https://x', error).message).toBe(
      `the certificate of https://x is not for this address, or not for today: ${reason}`,
    );
  });
});
