import { readFileSync } from 'node:fs';
import { reasonOf, TracerError, type Log } from '@tracer/base';
import { ANYBODY, NOBODY, type Principal } from './principal.js';
import { parseRoles, permits, ROLES, type Role } from './roles.js';
import { DigestIndex, digestOf, isTokenText, SHORTEST_TOKEN } from './token.js';
import { parseTokenList, type TokenEntry } from './token-list.js';
import { WatchedFiles } from './watched-files.js';

export interface CredentialOptions {
  readonly tokensFile: string;
  readonly tokens: string;
  readonly nodeToken: string;
  readonly nodeTokenFile: string;
  /** Whether the shared token of the suite opens this service: not the gateway, which is the one that sends it. */
  readonly trustsGateway: boolean;
  /** Whether client certificates are asked for. */
  readonly certificates: boolean;
}

/** What a request brings to show who it is from. */
export interface Evidence {
  readonly authorization?: string | undefined;
  /** Whether the connection has a client certificate that was verified. */
  readonly certified?: boolean;
  /** In whose name the gateway asks, and that one's roles. */
  readonly user?: string | undefined;
  readonly roles?: string | undefined;
}

interface SharedToken {
  readonly text: string;
  readonly digest: Buffer;
}

const USER = /^[\w.@-]{1,64}$/;

/**
 * The tokens that a service accepts, read again when their files change. A list that became unreadable or wrong is
 * reported and the one before stays in force: a typing error must neither lock everybody out nor let anybody in.
 */
export class Credentials {
  #listed = new DigestIndex<TokenEntry>([]);
  #shared = new DigestIndex<SharedToken>([]);
  #watched: WatchedFiles | undefined;
  /** Told what was read again, and whether it could be used. */
  onReload: (what: 'tokens', ok: boolean) => void = () => undefined;

  /** Throws CONFIG_INVALID naming the file or variable and what is wrong with it. */
  constructor(
    private readonly options: CredentialOptions,
    private readonly log: Log,
    private readonly now: () => number = Date.now,
  ) {
    this.#read();
  }

  /** Whether anybody has to show who they are. */
  get required(): boolean {
    const { tokensFile, tokens, nodeToken, nodeTokenFile, trustsGateway, certificates } = this.options;
    return tokensFile !== '' || tokens !== '' || certificates || (trustsGateway && nodeToken + nodeTokenFile !== '');
  }

  /** The token to show to other services of the suite. */
  get ownToken(): string | undefined {
    return this.#shared.first?.text;
  }

  watch(): void {
    const paths = [this.options.tokensFile, this.options.nodeTokenFile].filter((path) => path !== '');
    if (paths.length === 0 || this.#watched !== undefined) return;
    this.#watched = new WatchedFiles(paths, () => {
      this.reload();
    });
  }

  close(): void {
    this.#watched?.close();
  }

  reload(): void {
    try {
      this.#read();
      this.log.info({ entries: this.#listed.size }, 'tokens read again');
      this.onReload('tokens', true);
    } catch (error) {
      this.log.error({ reason: reasonOf(error) }, 'changed tokens cannot be used, those before stay in force');
      this.onReload('tokens', false);
    }
  }

  /** Throws TOKEN_INVALID for a token that is unknown, revoked or expired; without any it is nobody, or anybody. */
  identify(evidence: Evidence): Principal {
    if (!this.required) return ANYBODY;
    const token = bearerOf(evidence.authorization);
    if (token === undefined) return evidence.certified === true ? gateway(evidence) : NOBODY;
    const digest = isTokenText(token) ? digestOf(token) : undefined;
    const shared = digest && this.options.trustsGateway ? this.#shared.find(digest) : undefined;
    if (shared) return gateway(evidence, shared.digest);
    const entry = digest && this.#listed.find(digest);
    if (entry === undefined || !this.#isInTime(entry))
      throw new TracerError('TOKEN_INVALID', 'the token is unknown, was revoked or has expired');
    return { name: entry.name, roles: entry.roles, by: 'token', digest: entry.digest };
  }

  /** Whether somebody who was let in for a role would be again. */
  stillHolds({ by, digest }: Principal, role: Role): boolean {
    if (digest === undefined) return true;
    if (by === 'gateway') return this.#shared.find(digest) !== undefined;
    const entry = this.#listed.find(digest);
    return entry !== undefined && this.#isInTime(entry) && permits(entry.roles, role);
  }

  #isInTime({ expiresAtMs }: TokenEntry): boolean {
    return expiresAtMs === undefined || this.now() < expiresAtMs;
  }

  #read(): void {
    const { tokensFile, tokens, nodeToken, nodeTokenFile } = this.options;
    const fromFile = tokensFile === '' ? [] : parseTokenList(fileText(tokensFile, 'TRACER_TOKENS_FILE'), tokensFile);
    const listed = [...fromFile, ...parseTokenList(tokens, 'TRACER_TOKENS')];
    const shared = [
      ...(nodeTokenFile === '' ? [] : sharedTokens(fileText(nodeTokenFile, 'TRACER_NODE_TOKEN_FILE'), nodeTokenFile)),
      ...(nodeToken === '' ? [] : sharedTokens(nodeToken, 'TRACER_NODE_TOKEN')),
    ];
    this.#listed = new DigestIndex(listed);
    this.#shared = new DigestIndex(shared.map((text) => ({ text, digest: digestOf(text) })));
  }
}

function bearerOf(authorization: string | undefined): string | undefined {
  return /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
}

/** Who holds the shared token may name somebody else, but give nobody more than that one has. */
function gateway({ user, roles }: Evidence, digest?: Buffer): Principal {
  const known = digest === undefined ? {} : { digest };
  if (user === undefined) return { name: 'gateway', roles: ROLES, by: 'gateway', ...known };
  return { name: USER.test(user) ? user : 'unnamed', roles: rolesOf(roles ?? ''), by: 'gateway', ...known };
}

function rolesOf(text: string): readonly Role[] {
  try {
    return text === '' ? [] : parseRoles(text);
  } catch {
    return [];
  }
}

function sharedTokens(text: string, source: string): string[] {
  const lines = text.split(/\s+/).filter((line) => line !== '');
  if (lines.length === 0 || !lines.every(isTokenText))
    throw new TracerError(
      'CONFIG_INVALID',
      `${source} must hold tokens of at least ${SHORTEST_TOKEN} printable characters; --new-token makes one`,
    );
  return lines;
}

function fileText(path: string, variable: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new TracerError('CONFIG_INVALID', `${variable}: ${reasonOf(error)}`, { cause: error });
  }
}
