import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '@tracer/base';
import { TestAuthority } from '../../../../libs/service-kit/src/testing/certificates.js';
import { PeerTls } from './peer-tls.js';

const directory = mkdtempSync(join(tmpdir(), 'peer-tls-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

const said: string[] = [];
const note = (_: object, message: string): void => void said.push(message);
const log: Log = { info: note, warn: note, error: note };
const authority = new TestAuthority();

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

describe('PeerTls', () => {
  it('shows nothing and trusts the system without files', () => {
    expect(new PeerTls({ caFile: '', certFile: '', keyFile: '' }, log).options()).toEqual({});
  });

  it('reads changed files for the next connection, and keeps what it has when they cannot be used', () => {
    let nowMs = 0;
    const { cert, key } = authority.issue();
    const paths = { caFile: file('ca', authority.cert), certFile: file('cert', cert), keyFile: file('key', key) };
    const peer = new PeerTls(paths, log, () => nowMs);
    expect(peer.options().cert?.toString()).toBe(cert);

    const next = authority.issue({ name: 'next' });
    writeFileSync(paths.certFile, next.cert);
    nowMs += 1_000;
    // The key does not fit yet.
    expect(peer.options().cert?.toString()).toBe(cert);
    writeFileSync(paths.keyFile, `${next.key}\n`);
    expect(peer.options().cert?.toString()).toBe(cert);
    nowMs += 1_000;
    expect(peer.options().cert?.toString()).toBe(next.cert);
    rmSync(paths.caFile);
    nowMs += 1_000;
    expect(peer.options().ca?.toString()).toBe(authority.cert);
    expect(said).toEqual([
      'changed TLS files for nodes cannot be used, those before stay',
      'TLS files for nodes and services read again',
      'changed TLS files for nodes cannot be used, those before stay',
    ]);
  });
});
