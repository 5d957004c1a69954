/** Eight bytes seen as two 32-bit halves and as one 64-bit number: the way from halves to a bigint without arithmetic. */
const halves = new Uint32Array(2);
const signed = new BigInt64Array(halves.buffer);
const LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
/** Where `halvesOf` has them. */
export const LOW = LITTLE ? 0 : 1;
export const HIGH = 1 - LOW;
const TWO_32 = 4294967296;

export const INT64_MAX = 9223372036854775807n;
export const INT64_MIN = -9223372036854775808n;
export const UINT64_MAX = 18446744073709551615n;

export function int64Of(low: number, high: number): bigint {
  halves[LOW] = low;
  halves[HIGH] = high;
  return signed[0] ?? 0n;
}

/** The two's complement of a number of at most 64 bits as `[LOW]` and `[HIGH]`; overwritten by the next call of any kind. */
export function halvesOf(value: bigint): Uint32Array {
  signed[0] = value;
  return halves;
}

/** Nanoseconds of a non-negative safe integer of microseconds (the product stays below 2^63). */
export function nsOfSafeUs(us: number): bigint {
  const high = Math.floor(us / TWO_32);
  const low = (us - high * TWO_32) * 1000;
  const carry = Math.floor(low / TWO_32);
  halves[LOW] = low - carry * TWO_32;
  halves[HIGH] = high * 1000 + carry;
  return signed[0] ?? 0n;
}

/** Whole microseconds of nanoseconds, rounded down. */
export function usOfNs(ns: bigint): bigint {
  return ns >= 0n ? ns / 1000n : -((999n - ns) / 1000n);
}
