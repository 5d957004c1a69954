import { remoteEndpointOf, type Span } from '@tracer/span-model';
import type { SpanBatch } from '@tracer/storage';
import type { CopyRows } from './copy-rows.js';
import { decodeSpanRecord, encodeSpanRecord } from './span-record.js';

/** Columns that are written, in the order of `writeSpanRow`. */
export const COPY_COLUMNS =
  'tenant, trace_low, trace_high, at_us, start_us, duration_us, id, parent_id, kind, shared, failed, service, remote_service, name, cluster_id, namespace, record';
const FIELDS = COPY_COLUMNS.split(',').length;
const NO_HIGH = '0000000000000000';

/** What a span is read from. Ids come as hexadecimal text. */
export const READ_COLUMNS = `to_hex(trace_low) AS low, to_hex(trace_high) AS high, to_hex(id) AS id, to_hex(parent_id) AS parent, record`;

export interface SpanRow {
  readonly low: string;
  readonly high: string;
  readonly id: string;
  readonly parent: string | null;
  readonly record: Buffer;
}

/** The lower and upper 64 bits of a trace id, 16 digits each; the upper is zero for a 64-bit id. */
export function traceHalves(traceId: string): { readonly low: string; readonly high: string } {
  return traceId.length === 32
    ? { low: traceId.slice(16), high: traceId.slice(0, 16) }
    : { low: traceId.padStart(16, '0'), high: NO_HIGH };
}

/** Two's complement of 16 digits, as PostgreSQL's bigint has it. */
export function signed64(digits: string): string {
  return BigInt.asIntN(64, BigInt(`0x${digits}`)).toString();
}

export function writeSpanRow(rows: CopyRows, span: Span, batch: SpanBatch, atUs: bigint): void {
  const { low, high } = traceHalves(span.traceId);
  rows.row(FIELDS);
  rows.text(batch.tenant);
  rows.hex64(low);
  rows.hex64(high);
  rows.int64(atUs);
  if (span.startNs === undefined) rows.nothing();
  else rows.int64(span.startNs / 1000n);
  if (span.durationNs === undefined) rows.nothing();
  else rows.int64(span.durationNs / 1000n);
  rows.hex64(span.id);
  if (span.parentId === undefined) rows.nothing();
  else rows.hex64(span.parentId);
  rows.int16(span.kind);
  rows.boolean(span.shared);
  rows.boolean(span.failed);
  rows.text(span.localServiceName);
  rows.text(remoteEndpointOf(span)?.lowerServiceName);
  rows.text(span.lowerName);
  rows.text(batch.clusterId);
  rows.text(batch.namespace);
  rows.bytes(encodeSpanRecord(span));
}

export function readSpanRow({ low, high, id, parent, record }: SpanRow): Span {
  const lower = low.padStart(16, '0');
  return decodeSpanRecord(record, {
    traceId: high === '0' ? lower : high.padStart(16, '0') + lower,
    id: id.padStart(16, '0'),
    parentId: parent?.padStart(16, '0'),
  });
}
