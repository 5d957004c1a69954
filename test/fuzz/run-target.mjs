import { mutate, oddText, Random } from './random.mjs';

/** Errors with which a parser refuses; everything else it throws is a find. */
const REFUSALS = new Set(['TracerError', 'DecodeError', 'IdError', 'DamagedFileError', 'IndexLost']);
/** Longer than anything takes on the slowest machine: only what does not end is found by it. */
const LONGEST_MS = 120_000;

/**
 * Feeds one parser with changed samples until its time is over.
 * @returns counts, and the finds with the seed and number that make them again
 */
export async function runTarget(target, { seed, untilMs, most = Infinity }) {
  const result = { name: target.name, inputs: 0, refused: 0, finds: [], slowestMs: 0 };
  for (let number = 0; performance.now() < untilMs && number < most && result.finds.length < 3; number++) {
    // Each input has a generator of its own: one alone can be made again without those before it.
    const random = new Random((seed ^ Math.imul(number + 1, 0x9e3779b1)) >>> 0);
    const bytes = inputOf(target, random);
    const startedAt = performance.now();
    const failure = await outcome(target, bytes, random);
    const tookMs = performance.now() - startedAt;
    result.inputs++;
    result.slowestMs = Math.max(result.slowestMs, tookMs);
    if (failure === 'refused') result.refused++;
    else if (failure !== undefined)
      result.finds.push({ number, error: failure, input: bytes.toString('base64').slice(0, 2000) });
    if (tookMs > LONGEST_MS)
      result.finds.push({
        number,
        error: new Error(`took ${Math.round(tookMs)} ms`),
        input: bytes.toString('base64').slice(0, 2000),
      });
  }
  return result;
}

function inputOf(target, random) {
  if (random.chance(0.03)) return random.bytes(random.below(300));
  if (random.chance(0.03)) return Buffer.from(oddText(random));
  return mutate(random.pick(target.seeds), random, target.seeds);
}

/** undefined when it was taken, `refused`, or the error that must not be. */
async function outcome(target, bytes, random) {
  try {
    await target.run(bytes, random);
    return undefined;
  } catch (error) {
    return REFUSALS.has(error?.constructor?.name) ? 'refused' : error;
  }
}
