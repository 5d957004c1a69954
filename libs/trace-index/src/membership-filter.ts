import bloomFilters from 'bloom-filters';

/** Of all texts that were not added, the share that is taken for one that was. */
const ERROR_RATE = 0.01;

/**
 * A set of texts that may say yes too often and never says no wrongly, for whole files: a million adds take ten seconds,
 * so the chunks of a file have bits of their own (`index/hash-bits.ts`).
 */
export class MembershipFilter {
  private constructor(private readonly filter: InstanceType<typeof bloomFilters.BloomFilter>) {}

  static of(texts: readonly string[]): MembershipFilter {
    const filter = bloomFilters.BloomFilter.create(Math.max(1, texts.length), ERROR_RATE);
    for (const text of texts) filter.add(text);
    return new MembershipFilter(filter);
  }

  /** `false` is certain. */
  mayHave(text: string): boolean {
    return this.filter.has(text);
  }

  /** For sidecar files: what `restore` takes. */
  snapshot(): object {
    return this.filter.saveAsJSON() as object;
  }

  static restore(snapshot: object): MembershipFilter {
    const filter = bloomFilters.BloomFilter.fromJSON(snapshot as JSON) as InstanceType<typeof bloomFilters.BloomFilter>;
    return new MembershipFilter(filter);
  }
}
