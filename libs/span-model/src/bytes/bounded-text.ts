import type { DecodeLimits, Losses } from '../decode-limits.js';
import { cutAt, texts } from './text-cache.js';

/** A text of the input, cut to the limit. */
export function boundedText(
  bytes: Buffer,
  view: DataView,
  start: number,
  end: number,
  limits: DecodeLimits,
  losses: Losses,
): string {
  if (end - start <= limits.valueBytes) return texts.text(bytes, view, start, end);
  const cut = cutAt(bytes, start, limits.valueBytes);
  losses.values++;
  losses.valueBytes += end - cut;
  return bytes.toString('utf8', start, cut);
}

/** The same for a string that exists already. */
export function boundedString(text: string, limits: DecodeLimits, losses: Losses): string {
  if (text.length * 3 <= limits.valueBytes) return text;
  const bytes = Buffer.from(text);
  if (bytes.length <= limits.valueBytes) return text;
  const cut = cutAt(bytes, 0, limits.valueBytes);
  losses.values++;
  losses.valueBytes += bytes.length - cut;
  return bytes.toString('utf8', 0, cut);
}

/** The same for bytes; a copy, so that the body is not kept alive. */
export function boundedBytes(bytes: Uint8Array, limits: DecodeLimits, losses: Losses): Uint8Array {
  if (bytes.length <= limits.valueBytes) return Uint8Array.from(bytes);
  losses.values++;
  losses.valueBytes += bytes.length - limits.valueBytes;
  return Uint8Array.from(bytes.subarray(0, limits.valueBytes));
}
