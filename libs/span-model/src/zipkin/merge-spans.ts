import { Attributes } from '../attributes.js';
import { jsonOfAttributes } from '../codecs/value-json.js';
import type { Endpoint } from '../endpoint.js';
import { Resource, Scope, type Span, type SpanEvent, type SpanLink, StatusCode } from '../span.js';
import { mergeParts, type PartEditor } from './merge-parts.js';

const editor: PartEditor<Span> = { merge: mergeTwo, with: (span, changes) => span.with(changes) };

/** `mergeParts` for spans: what a reader of a trace gets to see. Spans of one trace, in any order. */
export function mergeTrace(spans: readonly Span[]): Span[] {
  return mergeParts(spans, editor);
}

/** The first, completed by the second; tags of the second win, as in Zipkin. */
function mergeTwo(a: Span, b: Span): Span {
  return a.with({
    parentId: a.parentId ?? b.parentId,
    name: a.name === '' ? b.name : a.name,
    kind: a.kind === 0 ? b.kind : a.kind,
    startNs: a.startNs ?? b.startNs,
    durationNs: a.durationNs ?? b.durationNs,
    localEndpoint: bothOf(a.localEndpoint, b.localEndpoint),
    remoteEndpoint: bothOf(a.remoteEndpoint, b.remoteEndpoint),
    attributes: unionOf(a.attributes, b.attributes),
    droppedAttributes: Math.max(a.droppedAttributes, b.droppedAttributes),
    events: distinct([...a.events, ...b.events], eventKey),
    droppedEvents: Math.max(a.droppedEvents, b.droppedEvents),
    links: distinct([...a.links, ...b.links], linkKey),
    droppedLinks: Math.max(a.droppedLinks, b.droppedLinks),
    statusCode: a.statusCode === StatusCode.unset ? b.statusCode : a.statusCode,
    statusMessage: a.statusMessage === '' ? b.statusMessage : a.statusMessage,
    traceState: a.traceState === '' ? b.traceState : a.traceState,
    traceFlags: a.traceFlags | b.traceFlags,
    debug: a.debug || b.debug,
    resource: a.resource === Resource.none ? b.resource : a.resource,
    scope: a.scope === Scope.none ? b.scope : a.scope,
    v1: undefined,
  });
}

function bothOf(a: Endpoint | undefined, b: Endpoint | undefined): Endpoint | undefined {
  return a?.completedBy(b) ?? b;
}

function unionOf(a: Attributes, b: Attributes): Attributes {
  if (a.size === 0 || b.size === 0) return a.size === 0 ? b : a;
  return Attributes.of([...a.entries(), ...b.entries()]);
}

function distinct<T>(all: T[], keyOf: (element: T) => string): T[] {
  return [...new Map(all.map((element) => [keyOf(element), element])).values()];
}

function eventKey(event: SpanEvent): string {
  return JSON.stringify([String(event.timeNs), event.name, jsonOfAttributes(event.attributes)]);
}

function linkKey(link: SpanLink): string {
  return JSON.stringify([link.traceId, link.spanId, jsonOfAttributes(link.attributes)]);
}
