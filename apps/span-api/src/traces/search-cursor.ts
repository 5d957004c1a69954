import { TracerError } from '@tracer/base';
import type { SpanOrder, SpanPosition } from '@tracer/storage';

/** Where a search goes on. */
export interface SearchCursor {
  readonly order: SpanOrder;
  readonly position: SpanPosition;
  /** Upper bound of time when the search began, so that spans that arrive meanwhile do not shift it. */
  readonly toUs: number;
  /** Traces that were shown for a span with the very key of the position. */
  readonly tied: readonly string[];
}

export function cursorText({ order, position: { key, seq }, toUs, tied }: SearchCursor): string {
  return Buffer.from(JSON.stringify([order, key, seq, toUs, tied])).toString('base64url');
}

/** Throws VALIDATION for what `cursorText` did not write for a search in this order. */
export function readCursor(text: string, order: SpanOrder): SearchCursor {
  const fields = parsed(text);
  const [named, key, seq, toUs, tied] = Array.isArray(fields) ? (fields as unknown[]) : [];
  const valid =
    named === order &&
    Number.isSafeInteger(key) &&
    typeof seq === 'string' &&
    /^\d{1,18}$/.test(seq) &&
    Number.isSafeInteger(toUs) &&
    Array.isArray(tied);
  if (!valid) throw new TracerError('VALIDATION', 'cursor is not one of this search');
  return { order, position: { key: key as number, seq }, toUs: toUs as number, tied: tied.map(String) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown;
  } catch {
    return undefined;
  }
}
