/** What can be read as a trace although it was not reported as spans, by the first half of its trace id. */
const FAMILIES = { dm: 'dm-trace', run: 'perf-run' } as const;

export type NumberedTraceFamily = keyof typeof FAMILIES;

const LARGEST = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * The trace id of something that has a number: the same whenever it is asked for, and readable in a hex dump.
 *
 * ```
 *   646d2d7472616365 000000000000002a     "dm-trace", replication trace 42
 *   706572662d72756e 0000000000000007     "perf-run", finished feature run 7
 * ```
 */
export function numberedTraceId(family: NumberedTraceFamily, number: number): string {
  return Buffer.from(FAMILIES[family]).toString('hex') + number.toString(16).padStart(16, '0');
}

/** The number in a trace id of the family; undefined for all other ids. */
export function numberOfTraceId(family: NumberedTraceFamily, traceId: string): number | undefined {
  const [prefix, digits] = [traceId.slice(0, 16), traceId.slice(16)];
  if (prefix !== Buffer.from(FAMILIES[family]).toString('hex') || !/^[0-9a-f]{16}$/.test(digits)) return undefined;
  const number = BigInt(`0x${digits}`);
  return number === 0n || number > LARGEST ? undefined : Number(number);
}
