import { reasonOf } from '@tracer/base';
import { CliError, EXIT } from './exit-codes.js';

/** What Node calls certificates that cannot be traced back to an authority that it knows. */
const UNTRUSTED = /SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|CERT_UNTRUSTED|INVALID_CA/;

/** Why there is no answer, as somebody can act on it: exit code 3, with the command or setting that helps. */
export function brokenConnection(url: string, error: unknown): CliError {
  const { code, reason } = innermost(error);
  const failure = (message: string, ...hints: string[]): CliError => new CliError(EXIT.unreachable, message, hints);
  if (/timeout/i.test(reason)) return failure(`no answer from ${url} in time`);
  if (UNTRUSTED.test(code))
    return failure(
      `${url} has a certificate that nobody known here has signed (${reason})`,
      'If it is the right one:    NODE_EXTRA_CA_CERTS=<file of its authority, or of itself, as PEM>',
    );
  if (/^(ERR_TLS_CERT|CERT_)/.test(code))
    return failure(`the certificate of ${url} is not for this address, or not for today: ${reason}`);
  if (/wrong.version.number|packet length too long|EPROTO/i.test(`${code} ${reason}`))
    return failure(`${url} does not speak TLS`, `Without:    --url ${url.replace('https:', 'http:')}`);
  if (/other side closed|terminated|ECONNRESET|socket hang up/i.test(`${code} ${reason}`))
    return failure(
      `the connection to ${url} broke off (${reason})`,
      // Cut before there was an answer; what is cut later spoke the right language.
      ...(url.startsWith('http:') && reasonOf(error) === 'fetch failed'
        ? [`If it serves TLS:    --url ${url.replace('http:', 'https:')}`]
        : []),
    );
  return failure(
    `no gateway answers at ${url} (${reason})`,
    'Start the suite with:    tracer up        (in a clone of the repository: npm start)',
    'or say where it runs:    --url http://host:port, or TRACER_URL',
  );
}

/** `fetch failed` says nothing; its cause does, and of several addresses that were tried the first one. */
function innermost(error: unknown): { readonly code: string; readonly reason: string } {
  let at: unknown = error;
  for (let inner = behind(at); inner !== undefined; inner = behind(at)) at = inner;
  const { code } = at as { code?: unknown };
  const known = typeof code === 'string' ? code : '';
  const reason = reasonOf(at).trim();
  return { code: known, reason: reason === '' ? known : reason };
}

function behind(error: unknown): unknown {
  const { cause, errors } = (error ?? {}) as { cause?: unknown; errors?: readonly unknown[] };
  return cause ?? errors?.[0];
}
