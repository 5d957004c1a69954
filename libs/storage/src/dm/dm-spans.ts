import { Attributes, Endpoint, Resource, Span, SpanKind, StatusCode, type AttributeValue } from '@tracer/span-model';
import { numberedTraceId } from '../numbered-trace-id.js';
import {
  DmEventType,
  dmSourceOf,
  type DmEvent,
  type DmJobEvent,
  type DmPosition,
  type DmText,
  type StoredDmEvent,
} from './dm-event.js';
import type { DmTrace } from './dm-event-store.js';
import { dmJobsOf, type DmJob } from './dm-jobs.js';

/** Names of operations, from 1; 0 means none. */
export const DM_OP_NAMES = ['insert', 'update', 'delete', 'ddl', 'xid', 'flush', 'skip', 'rotate'] as const;

/** A tso before the year 2000 is no time: workers whose clock failed to be set begin at zero. */
const FIRST_TSO = 946_684_800_000_000_000n;
/** The root has the number of its trace with this bit, which no `seq` has. */
const ROOT_BIT = 1n << 63n;

type Tag = readonly [key: string, value: AttributeValue];

/** What all spans of a trace have in common. */
interface Drawing {
  readonly traceId: string;
  readonly resource: Resource;
  readonly endpoint: Endpoint | undefined;
}

/**
 * A replication trace as spans: what a worker read from the binlog, and the statements that came of it.
 *
 * ```
 *   <trace id>                     first to last time of the trace
 *   ├─ binlog insert               a moment: the worker read it
 *   │  ├─ job insert               queued → success or error; without an end while nothing is known
 *   │  └─ job insert
 *   └─ …
 * ```
 *
 * Jobs hang below the binlog event when the trace has exactly one, else below the root: no event says where they belong.
 * Ids are the numbers of the store, so they stay the same. Times are the worker's; where it sent none, the arrival counts.
 */
export function dmTraceSpans(stored: DmTrace): Span[] {
  const { trace, traceId, events } = stored;
  const drawing = drawingOf(trace, traceId);
  const rootId = spanId(ROOT_BIT | BigInt(trace));
  const jobs = dmJobsOf(events);
  const inJobs = new Set(jobs.flatMap(({ queued, done }) => [queued?.seq, done?.seq]));
  const moments = events.filter(({ seq }) => !inJobs.has(seq)).map((event) => momentSpan(drawing, rootId, event));
  const binlogs = moments.filter(({ kind }) => kind === SpanKind.consumer);
  const parentId = binlogs.length === 1 ? (binlogs[0]?.id ?? rootId) : rootId;
  const spans = [...moments, ...jobs.map((job) => jobSpan(drawing, parentId, job))];
  return [rootSpan(drawing, rootId, stored, spans), ...spans.sort((a, b) => (a.id < b.id ? -1 : 1))];
}

function drawingOf(trace: number, traceId: DmText): Drawing {
  const source = dmSourceOf(traceId)?.source;
  const service = source === undefined ? 'dm' : `dm/${source}`;
  return {
    traceId: numberedTraceId('dm', trace),
    resource: new Resource(Attributes.of([['service.name', service]])),
    endpoint: Endpoint.of(service),
  };
}

function rootSpan(drawing: Drawing, id: string, stored: DmTrace, spans: readonly Span[]): Span {
  const { trace, traceId, events, eventsLeft } = stored;
  const name = traceId.length === 0 ? 'replication trace' : traceId.toString();
  const span = draw(drawing, id, undefined, name, [
    ['dm.trace', BigInt(trace)],
    ['dm.trace_id', text(traceId)],
    ['dm.task', dmSourceOf(traceId)?.task],
    ['dm.events', BigInt(events.length + eventsLeft)],
    ['dm.events_left', eventsLeft > 0 ? BigInt(eventsLeft) : undefined],
  ]);
  const times = spans.flatMap(({ startNs, endNs }) => [startNs, endNs]).filter((ns) => ns !== undefined);
  const [first, last] = [least(times, (a, b) => a < b), least(times, (a, b) => a > b)];
  if (first === undefined || last === undefined) return span;
  return Object.assign(span, { startNs: first, durationNs: last - first });
}

/** What happened at one time: an event from the binlog, or a job of which nothing is known but its state. */
function momentSpan(drawing: Drawing, parentId: string, stored: StoredDmEvent): Span {
  const { event, seq } = stored;
  const isBinlog = event.type === DmEventType.binlog;
  const name = `${isBinlog ? 'binlog' : 'job'} ${opName(event.opType)}`;
  const tags = isBinlog ? binlogTags(event) : [...jobTags(event), ['dm.job_state', BigInt(event.state)] as const];
  const span = draw(drawing, spanId(BigInt(seq)), parentId, name, [...eventTags(event), ...tags]);
  const kind = isBinlog ? SpanKind.consumer : SpanKind.client;
  return Object.assign(span, { kind, startNs: timeNs(stored), durationNs: 0n });
}

function jobSpan(drawing: Drawing, parentId: string, job: DmJob): Span {
  const { event, outcome, queued, done, latencyNs } = job;
  const [first] = [queued, done].filter((side) => side !== undefined).sort((a, b) => a.seq - b.seq);
  if (first === undefined) throw new Error('a job without events');
  const wentBack = latencyNs !== undefined && latencyNs < 0n;
  const span = draw(drawing, spanId(BigInt(first.seq)), parentId, `job ${opName(event.opType)}`, [
    ...eventTags(event),
    ...jobTags(event),
    ['dm.outcome', outcome],
    // The worker's clock is not monotonic; a span cannot end before it begins.
    ['dm.latency_ns', wentBack ? latencyNs : undefined],
  ]);
  const [begun, ended] = [queued ?? first, done ?? (outcome === 'skipped' ? queued : undefined)];
  const startNs = timeNs(begun);
  Object.assign(span, { kind: SpanKind.client, startNs });
  if (ended !== undefined) span.durationNs = atLeastZero(timeNs(ended) - startNs);
  if (done !== undefined && outcome.endsWith('error'))
    Object.assign(span, { statusCode: StatusCode.error, statusMessage: 'the job failed' });
  return span;
}

function draw(drawing: Drawing, id: string, parentId: string | undefined, name: string, tags: readonly Tag[]): Span {
  const span = new Span('otlp', drawing.traceId, id, drawing.resource);
  const attributes = Attributes.of(tags.filter(([, value]) => value !== undefined));
  return Object.assign(span, { parentId, name, localEndpoint: drawing.endpoint, attributes });
}

function eventTags({ base }: DmEvent): Tag[] {
  return [
    // As text: readers of JSON would round it.
    ['dm.tso', String(base.tso)],
    ['dm.group_id', text(base.groupId)],
    ['code.filepath', text(base.filename)],
    ['code.lineno', base.line === 0 ? undefined : BigInt(base.line)],
  ];
}

function binlogTags({ eventType, state }: DmEvent & { readonly type: typeof DmEventType.binlog }): Tag[] {
  return [
    ['dm.event_type', BigInt(eventType)],
    ['dm.safe_mode', state?.safeMode],
    ['dm.try_resync', state?.tryReSync],
    ['dm.last_position', place(state?.lastPos)],
    ['dm.current_position', place(state?.currentPos)],
  ];
}

function jobTags(event: DmJobEvent): Tag[] {
  const { sql, ddls, ddlInfo, queueBucket, argsChecksum } = event;
  return [
    ['db.system', 'mysql'],
    ['db.statement', text(sql) ?? (ddls.length > 0 ? ddls.map(String).join(';\n') : undefined)],
    ['dm.queue', text(queueBucket)],
    ['dm.position', place(event.pos)],
    ['dm.current_position', place(event.currentPos)],
    ['dm.args_checksum', argsChecksum === 0 ? undefined : BigInt(argsChecksum)],
    ['dm.lock_id', ddlInfo && text(ddlInfo.lockId)],
    ['dm.executes', ddlInfo?.exec],
  ];
}

const spanId = (number: bigint): string => number.toString(16).padStart(16, '0');
const text = (bytes: DmText): string | undefined => (bytes.length === 0 ? undefined : bytes.toString());
const place = (position: DmPosition | undefined): string | undefined =>
  position && `${position.name.toString()}:${position.pos}`;
const opName = (opType: number): string => DM_OP_NAMES[opType - 1] ?? String(opType);
const atLeastZero = (ns: bigint): bigint => (ns < 0n ? 0n : ns);

function timeNs({ event, receivedAtUs }: StoredDmEvent): bigint {
  return event.base.tso < FIRST_TSO ? BigInt(receivedAtUs) * 1000n : event.base.tso;
}

function least(values: readonly bigint[], isLess: (a: bigint, b: bigint) => boolean): bigint | undefined {
  let least = values[0];
  for (const value of values) if (least !== undefined && isLess(value, least)) least = value;
  return least;
}
