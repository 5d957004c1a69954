import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import type { Log } from '@tracer/base';
import { TestAuthority } from '../testing/certificates.js';
import { TlsFiles } from './tls-files.js';

let directory: string;
let said: string[];
let open: { close(): void }[];
const log: Log = {
  info: (_, message) => void said.push(message),
  warn: (_, message) => void said.push(message),
  error: (facts, message) => void said.push(`${message}: ${String((facts as { reason?: string }).reason)}`),
};

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tls-'));
  said = [];
  open = [];
});
afterEach(() => {
  for (const one of open) one.close();
  rmSync(directory, { recursive: true });
});

function write(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const authority = new TestAuthority();
const paths = (name: string, options = {}): { certFile: string; keyFile: string; clientCaFile: string } => {
  const { cert, key } = authority.issue(options);
  return { certFile: write(`${name}.crt`, cert), keyFile: write(`${name}.key`, key), clientCaFile: '' };
};

/** Serial number and chosen protocol of a connection. */
async function shake(
  server: Server,
  protocols?: string[],
): Promise<{ serial: string; protocol: string | false | null }> {
  const { port } = server.address() as AddressInfo;
  const socket = connect({
    port,
    host: '127.0.0.1',
    ca: authority.cert,
    ...(protocols && { ALPNProtocols: protocols }),
  });
  await once(socket, 'secureConnect');
  const found = { serial: socket.getPeerCertificate().serialNumber, protocol: socket.alpnProtocol };
  socket.destroy();
  return found;
}

async function serve(tls: TlsFiles): Promise<Server> {
  const server = createServer(tls.options, (_, response) => response.end('ok'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(server, tls);
  return server;
}

describe('TlsFiles', () => {
  it('speaks HTTP/1.1 to whoever can, and HTTP/2 to who speaks nothing else', async () => {
    const server = await serve(new TlsFiles(paths('a'), log));
    expect((await shake(server)).protocol).toBe(false);
    expect((await shake(server, ['h2', 'http/1.1'])).protocol).toBe('http/1.1');
    expect((await shake(server, ['h2'])).protocol).toBe('h2');
    await expect(shake(server, ['spdy/3'])).rejects.toThrow();
  });

  it('takes changed files for new connections', async () => {
    const files = paths('a');
    const tls = new TlsFiles(files, log);
    const server = await serve(tls);
    tls.watch(server);
    const before = (await shake(server)).serial;
    const reloaded = new Promise<void>((resolve) => {
      // Between the two writes the pair does not fit.
      tls.onReload = (_, ok) => {
        if (ok) resolve();
      };
    });
    const { cert, key } = authority.issue({ days: 5 });
    writeFileSync(files.keyFile, key);
    writeFileSync(files.certFile, cert);
    await reloaded;
    expect((await shake(server)).serial).not.toBe(before);
    expect(tls.expiresAtMs).toBeGreaterThan(Date.now() + 4 * 86_400_000);
  });

  it('keeps what it has when changed files cannot be used', async () => {
    const files = paths('a');
    const tls = new TlsFiles(files, log);
    const server = await serve(tls);
    tls.watch(server);
    const before = (await shake(server)).serial;
    const reloaded = new Promise<boolean>((resolve) => {
      tls.onReload = (_, ok) => {
        resolve(ok);
      };
    });
    writeFileSync(files.certFile, 'nonsense');
    expect(await reloaded).toBe(false);
    expect((await shake(server)).serial).toBe(before);
    expect(said).toEqual([expect.stringMatching(/changed TLS files cannot be used.*it is no PEM file/)]);
  });

  it('says what is wrong with files', () => {
    const [a, b] = [paths('a'), paths('b')];
    const made = (files: object) => () => new TlsFiles({ ...a, ...files }, log);
    expect(made({ certFile: '/nowhere.crt' })).toThrow('TLS certificate /nowhere.crt: ENOENT');
    expect(made({ keyFile: write('text', 'hello') })).toThrow(/TLS key .*text: it is no PEM file/);
    expect(made({ keyFile: b.keyFile })).toThrow(/a\.crt with key .*b\.key: .*key values mismatch/);
    expect(made({ certFile: a.keyFile })).toThrow(/TLS certificate .*a\.key with key .*: /);
    expect(made({ clientCaFile: '/nowhere.ca' })).toThrow('TLS client authorities /nowhere.ca: ENOENT');
    expect(said).toEqual([]);
  });

  it('warns of a certificate that has expired', () => {
    expect(new TlsFiles(paths('old', { days: -2 }), log).expiresAtMs).toBeLessThan(Date.now());
    expect(said).toEqual(['the TLS certificate has expired']);
  });
});
