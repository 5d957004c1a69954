import type { DecodeLimits } from '@tracer/span-model';

/** What a body may hold. */
export interface IngestBodyLimits {
  /** Also after decompression. */
  readonly bodyBytes: number;
  readonly decode: Partial<DecodeLimits>;
}
