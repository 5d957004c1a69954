import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';

/** Fields that speak about one connection (RFC 9110 section 7.6.1) and the host and expectation of one server. */
const ONE_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'host',
]);

/**
 * The header fields of a message that the next hop may see, but for `without` (lower case). Fields that `Connection`
 * names are for this hop only.
 */
export function endToEnd(headers: IncomingHttpHeaders, without: readonly string[] = []): OutgoingHttpHeaders {
  const named = new Set([...(headers.connection ?? '').toLowerCase().split(/[\s,]+/), ...without]);
  return Object.fromEntries(
    Object.entries(headers).filter(([name, value]) => value !== undefined && !ONE_HOP.has(name) && !named.has(name)),
  );
}

/** Name and value of every end-to-end field of an answer, in order and with repetitions. */
export function endToEndPairs({ rawHeaders, headers }: IncomingMessage): [name: string, value: string][] {
  const allowed = endToEnd(headers);
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = [rawHeaders[at], rawHeaders[at + 1]];
    if (name.toLowerCase() in allowed) pairs.push([name, value]);
  }
  return pairs;
}

/** Who asked, for the server behind us. */
export function forwardedHeaders({ headers, socket }: IncomingMessage): OutgoingHttpHeaders {
  const chain = [headers['x-forwarded-for'], socket.remoteAddress].flat().filter(Boolean).join(', ');
  const proto = headers['x-forwarded-proto'] ?? ('encrypted' in socket && socket.encrypted === true ? 'https' : 'http');
  const host = headers['x-forwarded-host'] ?? headers.host;
  return {
    ...(chain === '' ? {} : { 'x-forwarded-for': chain }),
    'x-forwarded-proto': proto,
    ...(host === undefined ? {} : { 'x-forwarded-host': host }),
  };
}
