import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silent } from '@tracer/base';
import { Credentials, type CredentialOptions } from './credentials.js';
import { tokenFor } from './new-token.js';
import { newToken } from './token.js';

const directory = mkdtempSync(join(tmpdir(), 'credentials-'));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

const NONE: CredentialOptions = {
  tokensFile: '',
  tokens: '',
  nodeToken: '',
  nodeTokenFile: '',
  trustsGateway: true,
  certificates: false,
};
const alice = tokenFor('alice:trace');
const bob = tokenFor('bob:read');
const shared = newToken();
const of = (more: Partial<CredentialOptions>, now?: () => number): Credentials =>
  new Credentials({ ...NONE, ...more }, silent, now);
const bearer = (token: string): { authorization: string } => ({ authorization: `Bearer ${token}` });

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

describe('without credentials', () => {
  it('everybody may do anything, whatever they show', () => {
    const credentials = of({});
    expect(credentials.required).toBe(false);
    for (const evidence of [{}, bearer(alice.token), { authorization: 'Basic x' }, { certified: true }])
      expect(credentials.identify(evidence)).toMatchObject({
        name: 'anonymous',
        by: 'none',
        roles: ['read', 'ingest', 'trace', 'admin'],
      });
  });
});

describe('tokens', () => {
  const credentials = of({ tokens: `${alice.line}; ${bob.line}` });

  it('tell who it is', () => {
    expect(credentials.required).toBe(true);
    expect(credentials.identify(bearer(alice.token))).toMatchObject({ name: 'alice', roles: ['trace'], by: 'token' });
    expect(credentials.identify({ authorization: `bearer  ${bob.token} ` })).toMatchObject({ name: 'bob' });
  });

  it.each([undefined, '', 'Basic YTpi', 'Bearer', 'Bearer ', 'Bearer a b', alice.token])(
    '%j shows nothing',
    (authorization) => {
      expect(credentials.identify({ authorization })).toMatchObject({ roles: [], by: 'none' });
    },
  );

  it.each([
    newToken(),
    'short',
    `${alice.token}x`,
    alice.token.slice(0, -1),
    alice.line.split(' ')[2] ?? '',
    'x'.repeat(100_000),
    'tr_ü'.padEnd(46, 'ü'),
  ])('a wrong one is refused', (token) => {
    expect(() => credentials.identify(bearer(token))).toThrow(expect.objectContaining({ code: 'TOKEN_INVALID' }));
  });

  it('expire', () => {
    let nowMs = Date.UTC(2027, 0, 30);
    const expiring = of({ tokens: `${alice.line} expires=2027-01-31` }, () => nowMs);
    const principal = expiring.identify(bearer(alice.token));
    expect(expiring.stillHolds(principal, 'read')).toBe(true);
    nowMs = Date.UTC(2027, 0, 31);
    expect(expiring.stillHolds(principal, 'read')).toBe(false);
    expect(() => expiring.identify(bearer(alice.token))).toThrow('has expired');
  });

  it('from a file are read again; a list that became wrong changes nothing', () => {
    const tokensFile = file('tokens', `${alice.line}\n`);
    const reloads: boolean[] = [];
    const fromFile = of({ tokensFile });
    fromFile.onReload = (_, ok) => reloads.push(ok);
    const principal = fromFile.identify(bearer(alice.token));
    expect([fromFile.stillHolds(principal, 'trace'), fromFile.stillHolds(principal, 'admin')]).toEqual([true, false]);
    writeFileSync(tokensFile, 'nonsense');
    fromFile.reload();
    expect(fromFile.identify(bearer(alice.token)).name).toBe('alice');
    writeFileSync(tokensFile, alice.line.replace(' trace ', ' read '));
    fromFile.reload();
    expect([fromFile.stillHolds(principal, 'trace'), fromFile.stillHolds(principal, 'read')]).toEqual([false, true]);
    writeFileSync(tokensFile, '');
    fromFile.reload();
    expect(fromFile.stillHolds(principal, 'read')).toBe(false);
    expect(fromFile.identify({})).toMatchObject({ roles: [] });
    expect(() => fromFile.identify(bearer(alice.token))).toThrow('revoked');
    rmSync(tokensFile);
    fromFile.reload();
    expect(reloads).toEqual([false, true, true, false]);
  });

  it.each([
    [{ tokensFile: '/nowhere/tokens' }, 'TRACER_TOKENS_FILE: ENOENT'],
    [{ tokens: 'nonsense' }, 'wrong list of tokens in TRACER_TOKENS'],
    [{ nodeToken: 'secret' }, 'TRACER_NODE_TOKEN must hold tokens of at least 32'],
    [{ nodeTokenFile: '/nowhere/token' }, 'TRACER_NODE_TOKEN_FILE: ENOENT'],
  ])('that cannot be used are refused at the start: %j', (options, message) => {
    expect(() => of(options)).toThrow(message);
  });
});

describe('the shared token of the suite', () => {
  it('opens a service behind the gateway, in the name and with the roles of the user', () => {
    const behind = of({ nodeToken: shared });
    expect(behind.required).toBe(true);
    expect(behind.identify(bearer(shared))).toMatchObject({ name: 'gateway', by: 'gateway' });
    const asked = { ...bearer(shared), user: 'alice', roles: 'read,trace' };
    expect(behind.identify(asked)).toMatchObject({ name: 'alice', by: 'gateway', roles: ['read', 'trace'] });
    expect(behind.identify({ ...asked, user: 'a\u0007b', roles: 'root' })).toMatchObject({
      name: 'unnamed',
      roles: [],
    });
    expect(behind.identify({ ...asked, roles: '' })).toMatchObject({ roles: [] });
  });

  it('is what the gateway shows, and does not open the gateway', () => {
    const gateway = of({ nodeToken: shared, tokens: bob.line, trustsGateway: false });
    expect(gateway.ownToken).toBe(shared);
    expect(() => gateway.identify(bearer(shared))).toThrow('unknown');
    expect(of({ nodeToken: shared, trustsGateway: false }).required).toBe(false);
  });

  it('does not let a user name somebody else', () => {
    const behind = of({ nodeToken: shared, tokens: bob.line });
    const claimed = { ...bearer(bob.token), user: 'alice', roles: 'admin' };
    expect(behind.identify(claimed)).toMatchObject({ name: 'bob', roles: ['read'], by: 'token' });
    expect(behind.identify({ user: 'alice', roles: 'admin' })).toMatchObject({ roles: [] });
  });

  it('is replaced without a gap: a file with two', () => {
    const next = newToken();
    const nodeTokenFile = file('node-token', `${shared}\n`);
    const behind = of({ nodeTokenFile });
    const principal = behind.identify(bearer(shared));
    writeFileSync(nodeTokenFile, `${next}\n${shared}\n`);
    behind.reload();
    expect([behind.ownToken, behind.stillHolds(principal, 'admin')]).toEqual([next, true]);
    writeFileSync(nodeTokenFile, next);
    behind.reload();
    expect(behind.stillHolds(principal, 'read')).toBe(false);
    expect(() => behind.identify(bearer(shared))).toThrow('unknown');
  });
});

describe('a verified client certificate', () => {
  it('is as good as the shared token', () => {
    const behind = of({ certificates: true });
    expect(behind.required).toBe(true);
    expect(behind.identify({ certified: true })).toMatchObject({ name: 'gateway', by: 'gateway' });
    expect(behind.identify({ certified: true, user: 'alice', roles: 'read' })).toMatchObject({ name: 'alice' });
    expect(behind.identify({ certified: false })).toMatchObject({ roles: [] });
  });
});
