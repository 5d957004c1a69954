import {
  jsonOfAttributes,
  mergeTrace,
  textOfValue,
  type Attributes,
  type AttributeValue,
  type Span,
} from '@tracer/span-model';
import { kindName } from '../traces/trace-facts.js';

/** A tag, or a field of a log. */
export interface JaegerTag {
  readonly key: string;
  readonly type: 'string' | 'bool' | 'int64' | 'float64' | 'binary';
  readonly value: string | number | boolean;
}

export interface JaegerSpan {
  readonly traceID: string;
  readonly spanID: string;
  readonly operationName: string;
  readonly references: readonly { readonly refType: string; readonly traceID: string; readonly spanID: string }[];
  /** Epoch microseconds. */
  readonly startTime: number;
  readonly duration: number;
  readonly tags: readonly JaegerTag[];
  readonly logs: readonly { readonly timestamp: number; readonly fields: readonly JaegerTag[] }[];
  readonly processID: string;
  readonly warnings: readonly string[] | null;
}

export interface JaegerTrace {
  readonly traceID: string;
  readonly spans: readonly JaegerSpan[];
  readonly processes: Readonly<Record<string, { readonly serviceName: string; readonly tags: readonly JaegerTag[] }>>;
  readonly warnings: null;
}

/** A trace as Jaeger's UI and Grafana read it. */
export function jaegerTrace(stored: readonly Span[]): JaegerTrace {
  const spans = mergeTrace(stored);
  const processes = new Map<string, { id: string; serviceName: string; tags: JaegerTag[] }>();
  const shown = spans.map((span) => {
    const serviceName = span.localEndpoint?.serviceName ?? 'unknown';
    const key = `${serviceName}\0${jsonOfAttributes(span.resource.attributes)}`;
    const process = processes.get(key) ?? {
      id: `p${processes.size + 1}`,
      serviceName,
      tags: tagsOf(span.resource.attributes).filter((tag) => tag.key !== 'service.name'),
    };
    processes.set(key, process);
    return jaegerSpan(span, process.id);
  });
  return {
    traceID: spans[0]?.traceId ?? '',
    spans: shown,
    processes: Object.fromEntries(
      Array.from(processes.values(), ({ id, serviceName, tags }) => [id, { serviceName, tags }]),
    ),
    warnings: null,
  };
}

function jaegerSpan(span: Span, processID: string): JaegerSpan {
  const { traceId: traceID, startNs = 0n, durationNs = 0n, parentId } = span;
  const parents = parentId === undefined ? [] : [{ refType: 'CHILD_OF', traceID, spanID: parentId }];
  const links = span.links.map((link) => ({ refType: 'FOLLOWS_FROM', traceID: link.traceId, spanID: link.spanId }));
  return {
    traceID,
    spanID: span.id,
    operationName: span.name,
    references: [...parents, ...links],
    startTime: Number(startNs / 1000n),
    duration: Number(durationNs / 1000n),
    tags: [...tagsOf(span.attributes), ...derivedTags(span)],
    logs: span.events.map(({ timeNs, name, attributes }) => ({
      timestamp: Number(timeNs / 1000n),
      fields: [textTag('event', name), ...tagsOf(attributes)],
    })),
    processID,
    warnings: span.startNs === undefined ? ['the span has no start time'] : null,
  };
}

function derivedTags(span: Span): JaegerTag[] {
  const tags: JaegerTag[] = [];
  if (span.kind !== 0) tags.push(textTag('span.kind', kindName(span.kind).toLowerCase()));
  if (span.failed && !span.attributes.has('error')) tags.push({ key: 'error', type: 'bool', value: true });
  if (span.statusMessage !== '') tags.push(textTag('otel.status_description', span.statusMessage));
  if (span.scope.name !== '') tags.push(textTag('otel.scope.name', span.scope.name));
  const remote = span.remoteEndpoint?.serviceName ?? '';
  if (remote !== '' && !span.attributes.has('peer.service')) tags.push(textTag('peer.service', remote));
  return tags;
}

function textTag(key: string, value: string): JaegerTag {
  return { key, type: 'string', value };
}

function tagsOf(attributes: Attributes): JaegerTag[] {
  return Array.from(attributes.entries(), ([key, value]) => tagOf(key, value));
}

function tagOf(key: string, value: AttributeValue): JaegerTag {
  if (typeof value === 'string') return textTag(key, value);
  if (typeof value === 'boolean') return { key, type: 'bool', value };
  if (typeof value === 'bigint') {
    const number = Number(value);
    return { key, type: 'int64', value: Number.isSafeInteger(number) ? number : value.toString() };
  }
  if (typeof value === 'number' && Number.isFinite(value)) return { key, type: 'float64', value };
  if (value instanceof Uint8Array) return { key, type: 'binary', value: Buffer.from(value).toString('base64') };
  return textTag(key, textOfValue(value));
}
