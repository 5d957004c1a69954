import { type DecodeLimits, decodeLimits, Losses } from './decode-limits.js';
import type { Span } from './span.js';

/** What a decoder made of a body. */
export interface DecodedSpans {
  readonly spans: Span[];
  /** What the limits cost. */
  readonly losses: Losses;
  /** Spans that were refused one by one (OTLP: ids that are missing, zero or of a wrong size). */
  readonly rejected: number;
  /** Why, for the first of them; '' when none was refused. */
  readonly rejectedBecause: string;
}

/** The state that every decoder of a body carries. */
export class Decoding implements DecodedSpans {
  readonly spans: Span[] = [];
  readonly losses = new Losses();
  readonly limits: DecodeLimits;
  rejected = 0;
  rejectedBecause = '';

  constructor(limits?: Partial<DecodeLimits>) {
    this.limits = decodeLimits(limits);
  }

  reject(because: string): void {
    this.rejected++;
    if (this.rejected === 1) this.rejectedBecause = because;
  }

  get result(): DecodedSpans {
    const { spans, losses, rejected, rejectedBecause } = this;
    return { spans, losses, rejected, rejectedBecause };
  }
}
