import type { TraceFileReader, TraceIndexes } from '@tracer/trace-index';
import type { ListedFile } from './trace-directory.js';

/** How the catalogue opens a file: with an index where one is worth it. */
export function readerFactory(
  indexes: TraceIndexes,
): (file: ListedFile, signal: AbortSignal) => Promise<TraceFileReader> {
  return (file, signal) => indexes.open(file.realPath, { signal });
}
