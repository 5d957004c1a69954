import { jsonOfAttributes, remoteEndpointOf, SpanKind, type Span, type TreeRow } from '@tracer/span-model';
import { kindName } from './trace-facts.js';

type Member = readonly [name: string, json: string];

/** A row as JSON text: 64-bit integers of attributes keep all their digits, times are exact as texts. */
export function rowJson({ span, depth, children, descendants, orphan }: TreeRow<Span>): string {
  const members: Member[] = [
    ['depth', String(depth)],
    ['children', String(children)],
    ['descendants', String(descendants)],
    ...flag('orphan', orphan),
    ['id', quoted(span.id)],
    ...text('parentId', span.parentId),
    ['name', quoted(span.name)],
    ...text('kind', span.kind === SpanKind.unspecified ? undefined : kindName(span.kind)),
    ...text('service', span.localEndpoint?.serviceName),
    ...text('remoteService', remoteEndpointOf(span)?.serviceName),
    ...text('startNs', span.startNs?.toString()),
    ...text('durationNs', span.durationNs?.toString()),
    ...flag('shared', span.shared),
    ...flag('failed', span.failed),
    ...text('statusMessage', span.statusMessage),
    ['attributes', jsonOfAttributes(span.attributes)],
    ...details(span),
  ];
  return `{${members.map(([name, json]) => `"${name}":${json}`).join(',')}}`;
}

function details(span: Span): Member[] {
  const members: Member[] = [];
  if (span.resource.attributes.size > 0) members.push(['resource', jsonOfAttributes(span.resource.attributes)]);
  const events = span.events.map(
    ({ timeNs, name, attributes }) =>
      `{"timeNs":"${timeNs}","name":${quoted(name)},"attributes":${jsonOfAttributes(attributes)}}`,
  );
  if (events.length > 0) members.push(['events', `[${events.join(',')}]`]);
  const links = span.links.map(
    ({ traceId, spanId, attributes }) =>
      `{"traceId":${quoted(traceId)},"spanId":${quoted(spanId)},"attributes":${jsonOfAttributes(attributes)}}`,
  );
  if (links.length > 0) members.push(['links', `[${links.join(',')}]`]);
  const dropped = span.droppedAttributes + span.droppedEvents + span.droppedLinks;
  if (dropped > 0) members.push(['dropped', String(dropped)]);
  return members;
}

function quoted(value: string): string {
  return JSON.stringify(value);
}

/** Left out when unknown or empty. */
function text(name: string, value: string | undefined): Member[] {
  return value === undefined || value === '' ? [] : [[name, quoted(value)]];
}

function flag(name: string, value: boolean): Member[] {
  return value ? [[name, 'true']] : [];
}
