/** Deterministic random numbers for tests (mulberry32): the same seed gives the same case on every machine. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** An integer in [0, n). */
  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  chance(p: number): boolean {
    return this.next() < p;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    for (let i = 0; i < length; i++) bytes[i] = this.below(256);
    return bytes;
  }
}

/**
 * Tries random cases until the time is up, at least `atLeast` of them, and says how many there were. A failure names
 * the seed that repeats it.
 */
export function timeBox(what: string, budgetMs: number, atLeast: number, attempt: (random: Random) => void): number {
  const until = Date.now() + budgetMs;
  let cases = 0;
  while (cases < atLeast || Date.now() < until) {
    try {
      attempt(new Random(cases));
    } catch (error) {
      throw new Error(`${what}: case ${cases} (its seed) failed`, { cause: error });
    }
    cases++;
  }
  process.stdout.write(`      ${what}: ${cases} cases\n`);
  return cases;
}

/** The same for attempts that take their time. */
export async function timeBoxAsync(
  what: string,
  budgetMs: number,
  atLeast: number,
  attempt: (random: Random) => Promise<void>,
): Promise<number> {
  const until = Date.now() + budgetMs;
  let cases = 0;
  while (cases < atLeast || Date.now() < until) {
    await attempt(new Random(cases)).catch((error: unknown) => {
      throw new Error(`${what}: case ${cases} (its seed) failed`, { cause: error });
    });
    cases++;
  }
  process.stdout.write(`      ${what}: ${cases} cases\n`);
  return cases;
}
