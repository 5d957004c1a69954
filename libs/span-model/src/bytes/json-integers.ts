import { INT64_MAX, INT64_MIN } from './int64.js';

const INTEGER = /^-?[0-9]+$/;
const DECIMAL = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/;
/** Exponents beyond this give no 64-bit integer but zero, whatever the digits in a literal of bounded length. */
const MAX_EXPONENT = 400;

/**
 * The exact integer that a JSON number literal denotes: `12`, also `12.0`, `1.2e1`. Undefined when it is no integer or
 * does not fit `least` to `greatest`. No step goes through a double.
 */
export function integerOfLiteral(literal: string, least = INT64_MIN, greatest = INT64_MAX): bigint | undefined {
  const value = INTEGER.test(literal) && literal.length <= 20 ? BigInt(literal) : scaled(literal);
  return value === undefined || value < least || value > greatest ? undefined : value;
}

function scaled(literal: string): bigint | undefined {
  const match = DECIMAL.exec(literal);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = match;
  const digits = (whole + fraction).replace(/0+$/, '').replace(/^0+/, '');
  if (digits === '') return 0n;
  const trailing = (whole + fraction).length - (whole + fraction).replace(/0+$/, '').length;
  const exponent = Number(exponentText) - fraction.length + trailing;
  if (exponent < 0 || exponent > MAX_EXPONENT || digits.length > 20) return undefined;
  return BigInt(sign + digits) * 10n ** BigInt(exponent);
}
