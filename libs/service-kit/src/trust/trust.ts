import { TracerError, type Log } from '@tracer/base';
import { AuditLog } from './audit.js';
import { clientAddress, ClientLimits } from './client-limits.js';
import { Credentials, type Evidence } from './credentials.js';
import { OpenAnswers } from './open-answers.js';
import { NOBODY, onBehalfOf, type Principal } from './principal.js';
import { permits, type Role } from './roles.js';
import { ruleOf, type RouteRule } from './route-roles.js';
import type { TrustConfig } from './trust-config.js';

/** A request as far as trust is concerned; HTTP and gRPC look the same here. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly evidence: Evidence;
  /** Of the other end of the connection. */
  readonly address: string;
}

export interface Admitted {
  readonly principal: Principal;
  readonly rule: RouteRule;
  /** Must be called when the request is over. */
  leave(): void;
}

/** How often tokens that expire and streams they opened are looked at. */
const LOOK_MS = 1_000;

export interface TrustOptions {
  readonly service: string;
  /** Whether the suite's shared token opens this service. */
  readonly trustsGateway: boolean;
}

/** Decides who may do what on one service, and how much of it. */
export class Trust {
  readonly credentials: Credentials;
  readonly limits: ClientLimits;
  readonly answers = new OpenAnswers();
  readonly audit: AuditLog;
  #timer: NodeJS.Timeout | undefined;

  /** Throws CONFIG_INVALID for anything in the configuration that cannot be used. */
  constructor(config: Readonly<TrustConfig>, { service, trustsGateway }: TrustOptions, log: Log) {
    const { tokensFile, tokens, nodeToken, nodeTokenFile, tlsClientCa } = config;
    const certificates = tlsClientCa !== '';
    this.credentials = new Credentials(
      { tokensFile, tokens, nodeToken, nodeTokenFile, trustsGateway, certificates },
      log,
    );
    const { rateLimit: perSecond, rateBurst: burst, maxConcurrent: concurrent, maxStreams: streams } = config;
    this.limits = new ClientLimits({ perSecond, burst, concurrent, streams });
    this.audit = new AuditLog(config.auditLog, service, log);
  }

  /** From now on changed tokens are noticed, and what they no longer allow ends. */
  start(): void {
    this.credentials.watch();
    this.#timer ??= setInterval(() => {
      this.endRevoked();
    }, LOOK_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.credentials.close();
  }

  /** Ends the answers to tokens that were revoked, have expired or lost the role. */
  endRevoked(): void {
    const holds = (principal: Principal, role: Role): boolean => this.credentials.stillHolds(principal, role);
    this.answers.endUnless(holds, 'the token is not valid any more');
  }

  /** Throws TOKEN_REQUIRED, TOKEN_INVALID, ROLE_MISSING, or LimitReached when there are too many requests. */
  admit({ method, path, evidence, address }: Asked): Admitted {
    const rule = ruleOf(method, path);
    const { principal, problem } = this.#identify(evidence);
    const leave = this.#enter(principal, address, rule);
    try {
      assertAllowed(principal, rule, problem);
    } catch (error) {
      leave();
      throw error;
    }
    return { principal, rule, leave };
  }

  /** Header fields with which a service asks another one of the suite in the name of a principal. */
  headersFor(principal: Principal): Record<string, string> {
    const { ownToken } = this.credentials;
    return { ...onBehalfOf(principal), ...(ownToken === undefined ? {} : { authorization: `Bearer ${ownToken}` }) };
  }

  /** Who is behind a request, also when it is refused. */
  whoIs(evidence: Evidence): Principal {
    return this.#identify(evidence).principal;
  }

  #identify(evidence: Evidence): { readonly principal: Principal; readonly problem?: TracerError } {
    try {
      return { principal: this.credentials.identify(evidence) };
    } catch (error) {
      if (error instanceof TracerError) return { principal: NOBODY, problem: error };
      throw error;
    }
  }

  /** The machine itself and the gateway, which limits its own clients, are not limited. */
  #enter({ by, name }: Principal, address: string, { stream }: RouteRule): () => void {
    if (by === 'gateway' || (by === 'none' && isLocal(address))) return () => undefined;
    const key = by === 'token' ? `token ${name}` : `address ${clientAddress(address)}`;
    return this.limits.enter(key, stream === true);
  }
}

function assertAllowed(principal: Principal, { role }: RouteRule, problem: TracerError | undefined): void {
  if (role === 'open') return;
  if (problem !== undefined) throw problem;
  if (principal.by === 'none' && principal.roles.length === 0)
    throw new TracerError('TOKEN_REQUIRED', `a token with the role "${role}" is needed: Authorization: Bearer <token>`);
  if (!permits(principal.roles, role))
    throw new TracerError('ROLE_MISSING', `"${principal.name}" lacks the role "${role}"`);
}

function isLocal(address: string): boolean {
  return /^(::ffff:)?127\./.test(address) || address === '::1' || address === '';
}
