import { TracerError } from '@tracer/base';

/** What a decoder keeps of one span. Everything beyond is dropped and counted, never silently. */
export interface DecodeLimits {
  /** Attributes (tags, binary annotations) of one span, event, link, resource or scope. */
  readonly attributes: number;
  /** Events (annotations) of one span. */
  readonly events: number;
  /** Links of one span. */
  readonly links: number;
  /** UTF-8 bytes of one text: a name, a key, a value; longer ones are cut between two characters. */
  readonly valueBytes: number;
  /** Nesting of values in values, and of unknown JSON and thrift content that is skipped; deeper is an error. */
  readonly depth: number;
}

export const DEFAULT_LIMITS: DecodeLimits = {
  attributes: 1024,
  events: 1024,
  links: 1024,
  valueBytes: 65536,
  depth: 64,
};

/** Texts up to this size are shared between spans, so a limit below it could not be kept. */
const SMALLEST_VALUE_BYTES = 128;

/** Values nest by recursion; deeper than this the stack could end. */
const GREATEST_DEPTH = 500;

/** For what was bounded when it came in, and is read back. */
export const NO_LIMITS: DecodeLimits = {
  attributes: 2 ** 40,
  events: Number.MAX_SAFE_INTEGER,
  links: Number.MAX_SAFE_INTEGER,
  valueBytes: Number.MAX_SAFE_INTEGER,
  depth: GREATEST_DEPTH,
};

/** Fills in the defaults. Throws VALIDATION, naming the limit that is out of range. */
export function decodeLimits(limits: Partial<DecodeLimits> = DEFAULT_LIMITS): DecodeLimits {
  if (limits === DEFAULT_LIMITS || limits === NO_LIMITS) return limits as DecodeLimits;
  const all = { ...DEFAULT_LIMITS, ...limits };
  for (const [name, value] of Object.entries(all)) {
    const least = name === 'valueBytes' ? SMALLEST_VALUE_BYTES : name === 'depth' ? 1 : 0;
    const greatest = name === 'depth' ? GREATEST_DEPTH : Number.MAX_SAFE_INTEGER;
    if (!Number.isSafeInteger(value) || value < least || value > greatest) {
      throw new TracerError(
        'VALIDATION',
        `limit ${name} must be an integer from ${least} to ${greatest}, it is ${value}`,
      );
    }
  }
  return all;
}

/** What one body lost to the limits, in total. Spans also carry their own dropped counts. */
export class Losses {
  attributes = 0;
  events = 0;
  links = 0;
  /** Texts and byte strings that were cut, and how many of their bytes are gone. */
  values = 0;
  valueBytes = 0;
  /** Attributes that a later one of the same key replaced. */
  duplicateKeys = 0;

  get any(): boolean {
    return this.attributes + this.events + this.links + this.values + this.duplicateKeys > 0;
  }
}
