import { TracerError } from '@tracer/base';

const LARGEST = 2n ** 64n - 1n;
const DIGITS_OF_LARGEST = 20;

/**
 * A session id: a decimal number up to 2^64 - 1, without leading zeros. A string, since most ids exceed what a JSON
 * number can carry. Throws SESSION_ID_INVALID quoting the text.
 */
export function parseSessionId(text: string): string {
  const [, digits] = /^0*(\d+)$/.exec(text) ?? [];
  const quoted = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
  if (digits === undefined) throw new TracerError('SESSION_ID_INVALID', `session id ${quoted} is not a decimal number`);
  if (digits.length > DIGITS_OF_LARGEST || BigInt(digits) > LARGEST)
    throw new TracerError('SESSION_ID_INVALID', `session id ${quoted} is larger than ${LARGEST}`);
  return digits;
}
