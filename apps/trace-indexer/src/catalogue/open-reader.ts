import { PlainTraceFile, type TraceFileReader } from '@tracer/trace-index';
import type { ListedFile } from './trace-directory.js';

/** Chooses how a file is read. */
export function readerFactory(): (file: ListedFile, signal: AbortSignal) => Promise<TraceFileReader> {
  return (file, signal) => PlainTraceFile.open(file.realPath, signal);
}
