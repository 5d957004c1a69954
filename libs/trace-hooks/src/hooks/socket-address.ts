import type { RawEvent } from '../raw-event.js';

const AF_INET = 2;
const AF_INET6 = 10;
/** `struct sockaddr_in6`: events that carry whole socket addresses reserve this many bytes for either family. */
const SOCKADDR_BYTES = 28;

export interface Endpoint {
  /** `10.0.0.1`, `2001:db8::1`, '' for another family */
  readonly address: string;
  readonly port: number;
}

/** TCP states by number, as `oldstate`, `newstate` and `state` of the events. */
const STATES = (
  'ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSE CLOSE_WAIT LAST_ACK LISTEN CLOSING NEW_SYN_RECV ' +
  'BOUND_INACTIVE'
).split(' ');

export function stateName(state: number): string {
  return STATES[state - 1] ?? `state ${state}`;
}

const PROTOCOLS: Readonly<Record<number, string>> = { 6: 'tcp', 33: 'dccp', 132: 'sctp', 262: 'mptcp' };

export function protocolName(protocol: number): string {
  return PROTOCOLS[protocol] ?? `protocol ${protocol}`;
}

/**
 * The local (`s`) or remote (`d`) end of a socket event. Kernels write addresses in two ways:
 *
 * ```
 *   family u16 · sport u16 · saddr u8[4] · saddr_v6 u8[16]                      ports in host order
 *   saddr u8[28] = struct sockaddr_in: family u16 · port u16 BE · address[4]
 *                  struct sockaddr_in6: family u16 · port u16 BE · flow u32 · address[16]
 * ```
 */
export function endpointOf(event: RawEvent, side: 's' | 'd'): Endpoint {
  const address = event.bytes(`${side}addr`);
  if (address.length >= SOCKADDR_BYTES) return endpointOfSockaddr(address);
  const port = event.int(`${side}port`);
  const family = event.int('family');
  if (family === AF_INET) return { address: formatV4(address), port };
  if (family === AF_INET6) return { address: formatV6(event.bytes(`${side}addr_v6`)), port };
  return { address: '', port };
}

function endpointOfSockaddr(bytes: Buffer): Endpoint {
  const family = bytes.readUInt16LE(0);
  const port = bytes.readUInt16BE(2);
  if (family === AF_INET) return { address: formatV4(bytes.subarray(4, 8)), port };
  if (family === AF_INET6) return { address: formatV6(bytes.subarray(8, 24)), port };
  return { address: '', port };
}

/** `10.0.0.1:80`, `[::1]:80` */
export function formatEndpoint({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

export function formatV4(bytes: Uint8Array): string {
  return bytes.subarray(0, 4).join('.');
}

/** The canonical text of RFC 5952: no leading zeros, the longest run of at least two zero groups as `::`. */
export function formatV6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, index) => ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0));
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${formatV4(bytes.subarray(12, 16))}`;
  }
  let [from, length] = [-1, 1];
  for (let start = 0; start < groups.length; start += 1) {
    const end = groups.findIndex((group, index) => index >= start && group !== 0);
    const run = (end < 0 ? groups.length : end) - start;
    if (run > length) [from, length] = [start, run];
  }
  const text = groups.map((group) => group.toString(16));
  if (from < 0) return text.join(':');
  return `${text.slice(0, from).join(':')}::${text.slice(from + length).join(':')}`;
}
