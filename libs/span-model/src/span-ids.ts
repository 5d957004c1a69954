const HEX = /^[0-9a-f]+$/;
const ZEROS = /^0+$/;

/** An identifier that Zipkin refuses; the message is Zipkin's text. Callers turn it into the error of their format. */
export class IdError extends Error {}

/**
 * The canonical form of a trace id: 16 or 32 lower-case hexadecimal digits. Shorter ids are filled with zeros, 32 digits
 * with a zero upper half become 16. Throws IdError with Zipkin's text.
 */
export function normalizeTraceId(text: string): string {
  if (text === '') throw new IdError('traceId is empty');
  if (text.length > 32) throw new IdError('traceId.length > 32');
  if (!HEX.test(text)) throw new IdError(`${text} should be lower-hex encoded with no prefix`);
  if (ZEROS.test(text)) throw new IdError('traceId is all zeros');
  return canonicalTraceId(text.length <= 16 ? text.padStart(16, '0') : text.padStart(32, '0'));
}

/** 16 digits of a span id. Throws IdError with Zipkin's text. */
export function normalizeSpanId(text: string): string {
  const padded = paddedSpanId('id', text);
  if (ZEROS.test(padded)) throw new IdError('id is all zeros');
  return padded;
}

/** As `normalizeSpanId`; zero means that there is no parent. */
export function normalizeParentId(text: string): string | undefined {
  const padded = paddedSpanId('parentId', text);
  return ZEROS.test(padded) ? undefined : padded;
}

function paddedSpanId(what: string, text: string): string {
  if (text === '') throw new IdError(`${what} is empty`);
  if (text.length > 16) throw new IdError(`${what}.length > 16`);
  if (!HEX.test(text)) throw new IdError(`${text} should be lower-hex encoded with no prefix`);
  return text.padStart(16, '0');
}

/** Of 16 or 32 valid digits: drops an upper half of zeros. */
export function canonicalTraceId(digits: string): string {
  return digits.length === 32 && digits.startsWith('0000000000000000') ? digits.slice(16) : digits;
}

/** The lower 64 bits, by which traces are grouped when trace ids need not match strictly. */
export function lowTraceId(traceId: string): string {
  return traceId.length === 32 ? traceId.slice(16) : traceId;
}
