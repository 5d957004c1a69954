import type { ByteBuffer } from './byte-buffer.js';
import { HASH_REFERENCES, hashText, type HashKind } from './trace-event.js';
import type { Definitions } from './trace-file-reader.js';
import { valueAt, type TraceRecord } from './trace-record.js';

/** How returned records differ from their source lines; with neither part they do not. */
export interface Rewriting {
  /** Subtracted from `ts`, which never goes below 0. */
  readonly originUs?: number | undefined;
  /** Adds the texts behind the hashes of `args`, under the keys of `RESOLVED_KEYS`. */
  readonly names?: Definitions['hashes'] | undefined;
}

/** Where the text of a hash goes: `"fhash":7` gets `"fname":"/data/a"`, the key that the 2023 dialect itself uses. */
export const RESOLVED_KEYS: Readonly<Record<string, string>> = {
  fhash: 'fname',
  hhash: 'hostname',
  shash: 'sname',
  cmd_hash: 'cmd',
  exec_hash: 'exec',
};

const KIND_OF_KEY = new Map<string, HashKind>(
  (Object.keys(HASH_REFERENCES) as HashKind[]).flatMap((kind) =>
    HASH_REFERENCES[kind].map((key) => [key, kind] as const),
  ),
);

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Writes the record into `out`, changed as `how` says and otherwise byte for byte. */
export function writeRecord(record: TraceRecord, how: Rewriting, out: ByteBuffer): void {
  const edits = [shiftEdit(record, how.originUs), how.names && nameEdit(record, how.names)].filter(
    (edit) => edit !== undefined,
  );
  let at = record.start;
  for (const { start, end, text } of edits.sort((a, b) => a.start - b.start)) {
    out.bytes(record.bytes, at, start);
    out.text(text);
    at = end;
  }
  out.bytes(record.bytes, at, record.end);
}

function shiftEdit(record: TraceRecord, originUs: number | undefined): Edit | undefined {
  const span = record.tsSpan;
  const { ts } = record;
  if (originUs === undefined || span === undefined || ts === undefined) return undefined;
  const [start, end] = span;
  const value = valueAt(record.bytes, start, end);
  const quote = value.type === 'string' ? '"' : '';
  const literal = hashText(value) ?? '';
  return { start, end, text: `${quote}${shifted(literal, ts, originUs)}${quote}` };
}

/** `ts - origin`, exact for integers beyond 2^53 as well. */
function shifted(literal: string, ts: number, originUs: number): string {
  if (Number.isSafeInteger(ts) || !/^-?\d+$/.test(literal) || !Number.isInteger(originUs)) {
    return String(Math.max(0, ts - originUs));
  }
  const difference = BigInt(literal) - BigInt(originUs);
  return String(difference < 0n ? 0n : difference);
}

function nameEdit(record: TraceRecord, names: Definitions['hashes']): Edit | undefined {
  const span = record.argsSpan;
  if (span === undefined || record.isMetadata) return undefined;
  const found = new Map<string, string>();
  const present = new Set<string>();
  record.eachArg((key, start, end) => {
    present.add(key);
    const kind = KIND_OF_KEY.get(key);
    const hash = kind === undefined ? undefined : hashText(valueAt(record.bytes, start, end));
    const text = kind === undefined || hash === undefined ? undefined : names[kind].get(hash);
    if (text !== undefined) found.set(RESOLVED_KEYS[key] ?? key, text);
  });
  const added = [...found].filter(([key]) => !present.has(key));
  if (added.length === 0) return undefined;
  const close = span[1] - 1;
  return { start: close, end: close, text: added.map(([key, text]) => `,"${key}":${JSON.stringify(text)}`).join('') };
}

/** Visits the lines of a block. */
export function eachLine(bytes: Buffer, visit: (start: number, end: number) => void): void {
  let start = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
    visit(start, end);
    start = end + 1;
  }
}
