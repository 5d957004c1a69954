const HEXTET = /^[0-9a-f]{1,4}$/i;

/** The canonical text of an address: at most one of the two is set, neither when the text is no address. */
export interface ParsedIp {
  readonly ipv4?: string;
  readonly ipv6?: string;
}

const NONE: ParsedIp = {};

/**
 * Reads an IP literal as Zipkin does: never looks up names, takes IPv4 out of `::1.2.3.4` and `::ffff:1.2.3.4`, refuses
 * zones (`fe80::1%eth0`), ports, other mixtures of dots and colons, and octets with leading zeros.
 */
export function parseIp(text: string): ParsedIp {
  if (text.length > 45) return NONE;
  if (!text.includes(':')) return isIpv4(text) ? { ipv4: text } : NONE;
  if (text.includes('.')) return embeddedIpv4(text);
  const bytes = parseIpv6(text);
  return bytes === undefined ? NONE : parseIpBytes(bytes);
}

/** The same from the bytes of the binary formats: 4 or 16; ::ffff:0:0/96 is an IPv4 address. */
export function parseIpBytes(bytes: Uint8Array): ParsedIp {
  if (bytes.length === 4) return { ipv4: bytes.join('.') };
  if (bytes.length !== 16) return NONE;
  const mapped = bytes[10] === 0xff && bytes[11] === 0xff && bytes.subarray(0, 10).every((byte) => byte === 0);
  return mapped ? { ipv4: bytes.subarray(12).join('.') } : { ipv6: formatIpv6(bytes) };
}

/** Four bytes of a valid IPv4 text. */
export function ipv4Bytes(text: string): Uint8Array {
  return Uint8Array.from(text.split('.'), Number);
}

/** Sixteen bytes of a valid IPv6 text; zeros if it is none. */
export function ipv6Bytes(text: string): Uint8Array {
  return parseIpv6(text) ?? new Uint8Array(16);
}

/** Four decimal numbers up to 255 without leading zeros. Written as one scan: it runs for most endpoints of a body. */
export function isIpv4(text: string): boolean {
  let parts = 1;
  let value = -1;
  if (text.length < 7 || text.length > 15) return false;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit === -2 && value >= 0) {
      parts++;
      value = -1;
    } else if (digit < 0 || digit > 9 || value === 0) {
      return false;
    } else {
      value = value < 0 ? digit : value * 10 + digit;
      if (value > 255) return false;
    }
  }
  return parts === 4 && value >= 0;
}

function embeddedIpv4(text: string): ParsedIp {
  const match = /^::(?:(?:ffff|0000):)?([0-9.]+)$/i.exec(text);
  return match?.[1] !== undefined && isIpv4(match[1]) ? { ipv4: match[1] } : NONE;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = hextetsOf(halves[0] ?? '');
  const tail = hextetsOf(halves[1] ?? '');
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const hextets = [...head, ...new Array<number>(missing).fill(0), ...tail];
  return Uint8Array.from(hextets.flatMap((hextet) => [hextet >> 8, hextet & 0xff]));
}

function hextetsOf(text: string): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  return parts.every((part) => HEXTET.test(part)) ? parts.map((part) => parseInt(part, 16)) : undefined;
}

/** RFC 5952 style: lower case, no leading zeros, the first longest run of zero groups (even a single one) as '::'. */
function formatIpv6(bytes: Uint8Array): string {
  const hextets = Array.from({ length: 8 }, (_, i) => ((bytes[i * 2] ?? 0) << 8) | (bytes[i * 2 + 1] ?? 0));
  let from = 8;
  let length = 0;
  for (let i = 0; i < 8; i++) {
    let run = 0;
    while (i + run < 8 && hextets[i + run] === 0) run++;
    if (run > length) [from, length] = [i, run];
    i += run;
  }
  const text = (part: number[]): string => part.map((hextet) => hextet.toString(16)).join(':');
  return length === 0 ? text(hextets) : `${text(hextets.slice(0, from))}::${text(hextets.slice(from + length))}`;
}
