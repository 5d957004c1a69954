const MAX = 2n ** 63n - 1n;
const PREFIXES: Readonly<Record<string, { readonly base: bigint; readonly digits: RegExp }>> = {
  '0x': { base: 16n, digits: /^[0-9a-f]+$/ },
  '0b': { base: 2n, digits: /^[01]+$/ },
  '0o': { base: 8n, digits: /^[0-7]+$/ },
};

/**
 * A 64-bit integer in the syntax of Go's `strconv.ParseInt(text, 0, 64)`: decimal, `0x`, `0b`, `0o`, a leading zero means
 * octal, one underscore between digits or behind a prefix. Undefined for anything else, and for numbers out of range.
 */
export function parseGoInt(text: string): bigint | undefined {
  const [, sign = '', rest = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  const lower = rest.toLowerCase();
  const { base, digits } = PREFIXES[lower.slice(0, 2)] ?? plainNumber(lower);
  const prefixed = lower.slice(0, 2) in PREFIXES;
  const body = prefixed ? lower.slice(2).replace(/^_(?=[^_])/, '') : lower;
  if (!/^[0-9a-f]+(_[0-9a-f]+)*$/.test(body)) return undefined;
  const bare = body.replaceAll('_', '');
  if (!digits.test(bare)) return undefined;
  const magnitude = valueOf(bare, base);
  const value = sign === '-' ? -magnitude : magnitude;
  return value > MAX || value < -MAX - 1n ? undefined : value;
}

/** Without a prefix of letters: octal behind a zero, else decimal. */
function plainNumber(text: string): { readonly base: bigint; readonly digits: RegExp } {
  if (text.length > 1 && text.startsWith('0')) return { base: 8n, digits: /^[0-7]+$/ };
  return { base: 10n, digits: /^[0-9]+$/ };
}

/** Digits beyond 64 bits cannot matter, and long texts must not cost time. */
function valueOf(digits: string, base: bigint): bigint {
  const significant = digits.replace(/^0+/, '');
  if (significant.length > 64) return MAX + 2n;
  let value = 0n;
  for (const digit of significant) value = value * base + BigInt(parseInt(digit, 16));
  return value;
}
