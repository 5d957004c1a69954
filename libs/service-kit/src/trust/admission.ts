import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { TracerError } from '@tracer/base';
import { requestIdOf } from '../request-id.js';
import { underAudit } from './audit.js';
import { LimitReached } from './client-limits.js';
import { certifiedBy, type CertificateNames } from './client-certificate.js';
import type { Evidence } from './credentials.js';
import { ROLES_HEADER, setPrincipal, USER_HEADER, type Principal } from './principal.js';
import { ruleOf, type RouteRule } from './route-roles.js';
import type { Admitted, Trust } from './trust.js';

type Refuse = (error: unknown, request: Request, response: Response) => void;

export interface AdmissionOptions {
  readonly trust: Trust;
  /** Names that a client certificate may have; undefined when none is asked for. */
  readonly certificates: CertificateNames | undefined;
  /** Answers a refused request. */
  readonly refuse: Refuse;
  /** Counts refusals by error code. */
  readonly counted: (reason: string) => void;
}

/** Lets a request in or refuses it; what is let in is watched until its answer is complete. */
export function admission(options: AdmissionOptions): RequestHandler {
  const { trust, certificates } = options;
  return (request: Request, response: Response, next: NextFunction): void => {
    const { method, path, socket } = request;
    const evidence = evidenceOf(request, certificates);
    let admitted: Admitted;
    try {
      admitted = trust.admit({ method, path, evidence, address: socket.remoteAddress ?? '' });
    } catch (error) {
      refused(error, trust.whoIs(evidence), options, request, response);
      return;
    }
    const { principal, rule } = admitted;
    const watched =
      rule.role === 'open' || principal.digest === undefined
        ? undefined
        : trust.answers.add(response, principal, rule.role, rule.stream === true);
    response.once('close', () => {
      admitted.leave();
      watched?.();
    });
    setPrincipal(request, principal);
    if (rule.audit === undefined) next();
    else audited(trust, rule.audit, principal, request, response, next);
  };
}

function refused(
  error: unknown,
  principal: Principal,
  { trust, refuse, counted }: AdmissionOptions,
  request: Request,
  response: Response,
): void {
  const rule = ruleOf(request.method, request.path);
  counted(error instanceof LimitReached ? error.limit : codeOf(error));
  response.set('Cache-Control', 'no-store').set(challengeOf(error, rule));
  const answer = (): void => {
    refuse(error, request, response);
  };
  if (rule.audit === undefined || error instanceof LimitReached) answer();
  else audited(trust, rule.audit, principal, request, response, answer);
}

function codeOf(error: unknown): string {
  return error instanceof TracerError ? error.code.toLowerCase() : 'internal';
}

function evidenceOf(request: Request, certificates: CertificateNames | undefined): Evidence {
  const { headers, socket } = request;
  const text = (name: string): string | undefined => {
    const value = headers[name];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    authorization: headers.authorization,
    certified: certificates !== undefined && certifiedBy(socket, certificates),
    user: text(USER_HEADER),
    roles: text(ROLES_HEADER),
  };
}

/** Says how to do better (RFC 6750, section 3). */
function challengeOf(error: unknown, { role }: RouteRule): Record<string, string> {
  if (error instanceof LimitReached) return { 'Retry-After': String(error.retryAfterSeconds) };
  if (!(error instanceof TracerError)) return {};
  const details: Partial<Record<string, string>> = {
    TOKEN_REQUIRED: '',
    TOKEN_INVALID: ', error="invalid_token"',
    ROLE_MISSING: `, error="insufficient_scope", scope="${role}"`,
  };
  const detail = details[error.code];
  return detail === undefined ? {} : { 'WWW-Authenticate': `Bearer realm="tracer"${detail}` };
}

/** Runs a control action and writes down how it ended. */
function audited(
  trust: Trust,
  name: string,
  principal: Principal,
  request: Request,
  response: Response,
  action: () => void,
): void {
  const facts: Record<string, unknown> = {};
  const { method, originalUrl, headers, socket } = request;
  const forwarded = headers['x-forwarded-for'];
  const chain = Array.isArray(forwarded) ? forwarded.join(', ') : forwarded;
  const address = socket.remoteAddress ?? '';
  response.once('close', () => {
    const record = {
      action: name,
      user: principal.name,
      by: principal.by,
      // Anybody can claim to come from elsewhere; of the gateway's list, the last is what it saw itself.
      from: (principal.by === 'gateway' ? chain?.split(', ').at(-1) : undefined) ?? address,
      method,
      path: originalUrl,
      status: response.writableFinished ? response.statusCode : 0,
      requestId: requestIdOf(request),
    };
    const error = response.getHeader('X-Tracer-Error');
    trust.audit.write(record, {
      ...(chain === undefined ? {} : { forwardedFor: chain }),
      ...(error === undefined ? {} : { error }),
      ...facts,
    });
  });
  underAudit(facts, action);
}
