/**
 * Lines of a trace file as spans of OTLP/HTTP in JSON: ids in hexadecimal, 64-bit numbers as decimal text, enumerations
 * as numbers (opentelemetry-proto 1.x, `trace.proto` and the JSON mapping of the OTLP specification).
 */

interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

type AnyValue =
  | { readonly stringValue: string }
  | { readonly intValue: string }
  | { readonly doubleValue: number }
  | { readonly boolValue: boolean };

export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly KeyValue[];
  readonly status?: { readonly code: number; readonly message?: string };
}

/** What an event line holds; see the format of trace files. Times are epoch µs. */
interface EventLine {
  readonly ph?: string;
  readonly name?: string;
  readonly cat?: string;
  readonly pid?: number;
  readonly tid?: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly args?: Readonly<Record<string, unknown>>;
}

/** The run that a span belongs to. */
export interface SpanParent {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
}

const KIND_INTERNAL = 1;
const STATUS_ERROR = 2;
/** Name of the lines in which a capture owns up to what it did not hand over. */
const SKIPPED = 'tail skipped';

/** The span of one line; undefined for lines that are no events: brackets, names of processes, what does not parse. */
export function spanOfLine(line: string, parent: SpanParent, spanId: string): OtlpSpan | undefined {
  const event = parse(line);
  if (event?.ph !== 'X' || event.ts === undefined || event.name === undefined) return undefined;
  const { args = {}, ts, dur = 0, name, cat, pid, tid } = event;
  const { dur_ns: durationNs, error, ...rest } = args;
  const lengthNs = typeof durationNs === 'number' ? durationNs : dur * 1000;
  const status = typeof error === 'string' ? { status: { code: STATUS_ERROR, message: error } } : {};
  return {
    traceId: parent.traceId,
    spanId,
    parentSpanId: parent.spanId,
    name,
    kind: KIND_INTERNAL,
    startTimeUnixNano: unixNano(ts),
    endTimeUnixNano: unixNano(ts, lengthNs),
    attributes: attributesOf({ category: cat, 'process.pid': pid, 'thread.id': tid, ...rest }),
    ...status,
  };
}

/** How many events a line stands for that were left out because nobody had time for them; 0 for any other line. */
export function skippedBy(span: OtlpSpan): number {
  if (span.name !== SKIPPED) return 0;
  const count = span.attributes.find(({ key }) => key === 'count')?.value;
  return count !== undefined && 'intValue' in count ? Number(count.intValue) : 0;
}

export interface RunSpan extends SpanParent {
  readonly name: string;
  readonly startUs: number;
  readonly endUs: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** The span of a whole run, parent of those of its events. */
export function spanOfRun({ traceId, spanId, name, startUs, endUs, attributes }: RunSpan): OtlpSpan {
  return {
    traceId,
    spanId,
    name,
    kind: KIND_INTERNAL,
    startTimeUnixNano: unixNano(startUs),
    endTimeUnixNano: unixNano(endUs),
    attributes: attributesOf(attributes),
  };
}

/** The body of an export request. */
export function exportRequest(spans: readonly OtlpSpan[], node: string, version: string): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: attributesOf({ 'service.name': 'container-tracer', 'host.name': node }) },
        scopeSpans: [{ scope: { name: 'tracer-node', version }, spans }],
      },
    ],
  });
}

function parse(line: string): EventLine | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as EventLine;
  } catch {
    // A line cut short; there is nothing to tell of it.
    return undefined;
  }
}

/** Epoch µs and ns on top as decimal ns. Nanoseconds of today exceed what a double holds, so they are put together as text. */
function unixNano(us: number, ns = 0): string {
  const wholeUs = Math.floor(us) + Math.floor(ns / 1000);
  return `${wholeUs}${String(Math.floor(ns % 1000)).padStart(3, '0')}`;
}

function attributesOf(values: Readonly<Record<string, unknown>>): KeyValue[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const known = anyValue(value);
    return known === undefined ? [] : [{ key, value: known }];
  });
}

function anyValue(value: unknown): AnyValue | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  return { stringValue: JSON.stringify(value) };
}
