import type { Span } from '../span.js';
import { jsonOfValue } from './value-json.js';
import { remoteEndpointOf, zipkinKindOf } from '../zipkin/zipkin-span.js';

/**
 * The spans as Chrome trace events (`{"traceEvents": […]}`), for chrome://tracing, Perfetto and speedscope. A service is a
 * process; its spans lie on as few threads as they can without crossing, since viewers nest by time alone. Calls between
 * services are flow arrows. Spans without a start are left out: `skipped` says how many.
 */
export function encodeChromeTrace(spans: readonly Span[]): { json: Buffer; skipped: number } {
  const timed = spans.filter((span) => span.startNs !== undefined);
  const events: string[] = [];
  const lanes = new Map<Span, { pid: number; tid: number }>();
  const services = [...new Set(timed.map(serviceOf))].sort();
  for (const [index, service] of services.entries()) {
    const pid = index + 1;
    events.push(`{"ph":"M","name":"process_name","pid":${pid},"tid":0,"args":{"name":${JSON.stringify(service)}}}`);
    for (const [span, lane] of laneOut(timed.filter((s) => serviceOf(s) === service))) {
      lanes.set(span, { pid, tid: lane + 1 });
    }
  }
  const byId = new Map(timed.map((span) => [span.id, span]));
  for (const span of timed) {
    const lane = lanes.get(span) ?? { pid: 0, tid: 0 };
    events.push(completeEvent(span, lane.pid, lane.tid));
    for (const event of span.events) events.push(instantEvent(event.timeNs, event.name, lane));
    const parent = byId.get(span.parentId ?? '');
    const from = parent && lanes.get(parent);
    if (parent !== undefined && from !== undefined && from.pid !== lane.pid) {
      events.push(flowEvent('s', span.id, parent, from), flowEvent('f', span.id, span, lane));
    }
  }
  const json = Buffer.from(`{"displayTimeUnit":"ns","traceEvents":[\n${events.join(',\n')}\n]}`);
  return { json, skipped: spans.length - timed.length };
}

interface Lane {
  readonly pid: number;
  readonly tid: number;
}

function serviceOf(span: Span): string {
  return span.localEndpoint?.serviceName ?? 'unknown';
}

/** Puts each span on the first lane where it lies inside what is open there, or behind it. */
function laneOut(spans: readonly Span[]): Map<Span, number> {
  const lanes = new Map<Span, number>();
  const openEnds: bigint[][] = [];
  const ordered = [...spans].sort((a, b) => order(startOf(a), startOf(b)) || order(endOf(b), endOf(a)));
  for (const span of ordered) {
    let lane = openEnds.findIndex((open) => fits(open, span));
    if (lane < 0) lane = openEnds.push([]) - 1;
    openEnds[lane]?.push(endOf(span));
    lanes.set(span, lane);
  }
  return lanes;
}

/** Closes what ended before the span begins, then asks whether the innermost open one contains it. */
function fits(open: bigint[], span: Span): boolean {
  while (open.length > 0 && (open.at(-1) ?? 0n) <= startOf(span)) open.pop();
  return open.length === 0 || endOf(span) <= (open.at(-1) ?? 0n);
}

function completeEvent(span: Span, pid: number, tid: number): string {
  const kind = zipkinKindOf(span.kind);
  const remote = remoteEndpointOf(span)?.serviceName ?? '';
  const args: [string, string][] = [
    ['trace_id', JSON.stringify(span.traceId)],
    ['span_id', JSON.stringify(span.id)],
  ];
  if (span.parentId !== undefined) args.push(['parent_id', JSON.stringify(span.parentId)]);
  if (kind !== undefined) args.push(['kind', JSON.stringify(kind)]);
  if (remote !== '') args.push(['remote_service', JSON.stringify(remote)]);
  if (span.failed) args.push(['failed', JSON.stringify(span.statusMessage)]);
  for (const [key, value] of span.attributes.entries()) args.push([key, jsonOfValue(value)]);
  const members = args.map(([key, json]) => `${JSON.stringify(key)}:${json}`).join(',');
  const times = `"ts":${microseconds(startOf(span))},"dur":${microseconds(endOf(span) - startOf(span))}`;
  return `{"ph":"X","name":${JSON.stringify(span.name)},"cat":"span","pid":${pid},"tid":${tid},${times},"args":{${members}}}`;
}

function instantEvent(timeNs: bigint, name: string, { pid, tid }: Lane): string {
  return `{"ph":"i","s":"t","name":${JSON.stringify(name)},"cat":"event","pid":${pid},"tid":${tid},"ts":${microseconds(timeNs)}}`;
}

function flowEvent(phase: 's' | 'f', id: string, at: Span, { pid, tid }: Lane): string {
  const binding = phase === 'f' ? ',"bp":"e"' : '';
  return `{"ph":"${phase}","id":"${id}"${binding},"name":"call","cat":"call","pid":${pid},"tid":${tid},"ts":${microseconds(startOf(at))}}`;
}

/** Microseconds with the nanoseconds as decimals; exact, as it never is a double. */
function microseconds(ns: bigint): string {
  const digits = (ns < 0n ? -ns : ns).toString().padStart(4, '0');
  const decimals = digits.slice(-3).replace(/0+$/, '');
  return `${ns < 0n ? '-' : ''}${digits.slice(0, -3)}${decimals === '' ? '' : `.${decimals}`}`;
}

function startOf(span: Span): bigint {
  return span.startNs ?? 0n;
}

function endOf(span: Span): bigint {
  const duration = span.durationNs ?? 0n;
  return startOf(span) + (duration > 0n ? duration : 0n);
}

function order(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
