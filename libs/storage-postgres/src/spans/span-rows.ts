import { encodeSpanRecord, Endpoint, type Span } from '@tracer/span-model';
import type { SpanBatch } from '@tracer/storage';
import type { CopyRows } from './copy-rows.js';

/** Columns that are written, in the order of `writeSpanRow`. */
export const COPY_COLUMNS =
  'tenant, trace_low, trace_high, at_us, start_us, duration_us, id, parent_id, kind, shared, failed, service, remote_service, name, cluster_id, namespace, local_address, origin, record';
const FIELDS = COPY_COLUMNS.split(',').length;
const NO_HIGH = '0000000000000000';

/** What a span is read from; its ids are in the record, too. */
export const READ_COLUMNS = 'origin, record';

export interface SpanRow {
  readonly origin: Buffer | null;
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

/** What a row says beside its span. */
export interface SpanRowContext {
  readonly batch: SpanBatch;
  /** The time by which the span is stored. */
  readonly atUs: number;
  /** Lower-case name of the service on the other side. */
  readonly remote: string | undefined;
  readonly origin: Buffer | undefined;
}

export function writeSpanRow(rows: CopyRows, span: Span, { batch, atUs, remote, origin }: SpanRowContext): void {
  const { low, high } = traceHalves(span.traceId);
  rows.row(FIELDS);
  rows.text(batch.tenant);
  rows.hex64(low);
  rows.hex64(high);
  rows.safeInt64(atUs);
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
  rows.text(remote);
  rows.text(span.lowerName);
  rows.text(batch.clusterId);
  rows.text(batch.namespace);
  rows.text(addressText(span.localEndpoint));
  if (origin === undefined) rows.nothing();
  else rows.bytes(origin);
  rows.bytes(encodeSpanRecord(span));
}

const NO_PART = '-';

/** `ipv4 ipv6 port`, a dash for what is unknown; undefined when all is. */
function addressText(endpoint: Endpoint | undefined): string | undefined {
  const { ipv4 = NO_PART, ipv6 = NO_PART, port = 0 } = endpoint ?? {};
  return ipv4 === NO_PART && ipv6 === NO_PART && port === 0 ? undefined : `${ipv4} ${ipv6} ${port}`;
}

/** The endpoint of a service name and what `local_address` says, '' for NULL. */
export function endpointOf(serviceName: string, address: string): Endpoint | undefined {
  if (address === '') return Endpoint.of(serviceName);
  const [ipv4, ipv6, port] = address.split(' ');
  const known = (part: string | undefined): string | undefined => (part === NO_PART ? undefined : part);
  return Endpoint.of(serviceName, known(ipv4), known(ipv6), Number(port));
}
