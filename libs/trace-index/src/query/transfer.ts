import { numberOf, type TraceEvent } from './trace-event.js';

/** Bytes that an event moved, and which way. */
export interface Transfer {
  readonly direction: 'read' | 'write';
  readonly bytes: number;
}

/** Calls that move data, by the names that C libraries, MPI and system calls give them. */
const READ = /^(_*(p|f|a?io_?)?read(v|v2|64|v64|64v2)?(_unlocked|_chk)*|recv(from|msg|mmsg)?|MPI_File_i?read\w*)$/;
const WRITE =
  /^(_*(p|f|a?io_?)?write(v|v2|64|v64|64v2)?(_unlocked|_chk)*|send(to|msg|mmsg|file|file64)?|MPI_File_i?write\w*)$/;

/** Names come again and again. */
const directions = new Map<string, Transfer['direction'] | undefined>();
const REMEMBERED = 10_000;

export function directionOf(name: string): Transfer['direction'] | undefined {
  if (directions.has(name)) return directions.get(name);
  const direction = READ.test(name) ? 'read' : WRITE.test(name) ? 'write' : undefined;
  if (directions.size < REMEMBERED) directions.set(name, direction);
  return direction;
}

/**
 * What a read or write moved: its return value, for `fread` and `fwrite` times the size of an item; 0 when it failed.
 * `undefined` for everything that is neither.
 */
export function transferOf(event: TraceEvent): Transfer | undefined {
  const { name } = event;
  const direction = name === undefined ? undefined : directionOf(name);
  if (name === undefined || direction === undefined) return undefined;
  const known = event.transferBytes;
  if (known !== undefined) return { direction, bytes: known };
  const returned = numericArg(event, 'ret') ?? numericArg(event, 'bytes') ?? numericArg(event, 'size') ?? 0;
  const itemBytes = movesItems(name) ? (numericArg(event, 'size') ?? 1) : 1;
  return { direction, bytes: Math.max(0, returned) * Math.max(1, itemBytes) };
}

/** Whether a call counts items of `args.size` bytes instead of bytes. */
export function movesItems(name: string): boolean {
  return name.startsWith('f');
}

export function numericArg(event: TraceEvent, key: string): number | undefined {
  const value = event.arg(key);
  if (value?.type === 'number') return value.value;
  return value?.type === 'string' ? numberOf(value.text) : undefined;
}
