import { Attributes, type AttributeValue } from '../attributes.js';
import type { Endpoint } from '../endpoint.js';
import { Resource, type Scope, type Span, StatusCode } from '../span.js';
import { jsonOfAttributes } from './value-json.js';

/** Spans of one resource and scope, as OTLP nests them. */
export interface ScopeGroup {
  readonly scope: Scope;
  readonly spans: OtlpSpan[];
}
export interface ResourceGroup {
  readonly resource: Resource;
  readonly scopes: ScopeGroup[];
}

/** A span with the fields that OTLP derives when the span came in another format. */
export interface OtlpSpan {
  readonly span: Span;
  /** 32 digits. */
  readonly traceId: string;
  readonly attributes: Attributes;
  readonly statusCode: StatusCode;
  readonly statusMessage: string;
}

/** Groups spans by what their resources and scopes say, in the order in which these come first. */
export function groupForOtlp(spans: readonly Span[]): ResourceGroup[] {
  const groups = new Map<string, { resource: Resource; scopes: Map<string, ScopeGroup> }>();
  const keys = new Map<Resource | Scope, string>();
  for (const span of spans) {
    const resource = span.source === 'otlp' ? span.resource : serviceResource(span);
    const resourceKey = keyOf(keys, resource);
    const group = groups.get(resourceKey) ?? { resource, scopes: new Map<string, ScopeGroup>() };
    groups.set(resourceKey, group);
    const scopeKey = keyOf(keys, span.scope);
    const scopeGroup = group.scopes.get(scopeKey) ?? { scope: span.scope, spans: [] };
    group.scopes.set(scopeKey, scopeGroup);
    scopeGroup.spans.push(otlpSpanOf(span));
  }
  return Array.from(groups.values(), ({ resource, scopes }) => ({ resource, scopes: [...scopes.values()] }));
}

function otlpSpanOf(span: Span): OtlpSpan {
  const traceId = span.traceId.padStart(32, '0');
  if (span.source === 'otlp') {
    return {
      span,
      traceId,
      attributes: span.attributes,
      statusCode: span.statusCode,
      statusMessage: span.statusMessage,
    };
  }
  const error = span.attributes.get('error');
  const code = span.attributes.get('otel.status_code');
  const message = typeof error === 'string' && error !== 'true' ? error : '';
  const failed = error !== undefined || code === 'ERROR';
  return {
    span,
    traceId,
    attributes: zipkinAttributes(span),
    statusCode: failed ? StatusCode.error : code === 'OK' ? StatusCode.ok : StatusCode.unset,
    statusMessage: failed ? message : '',
  };
}

/** Tags, and what Zipkin says outside of tags in the attributes by which collectors know it. Tags win. */
function zipkinAttributes(span: Span): Attributes {
  const derived: (readonly [string, AttributeValue])[] = [
    ...addressOf(span.localEndpoint, 'net.host'),
    ...addressOf(span.remoteEndpoint, 'net.peer'),
  ];
  const peer = span.remoteEndpoint?.serviceName ?? '';
  if (peer !== '') derived.push(['peer.service', peer]);
  if (span.debug) derived.push(['zipkin.debug', true]);
  if (span.shared) derived.push(['zipkin.shared', true]);
  return derived.length === 0 ? span.attributes : Attributes.of([...derived, ...span.attributes.entries()]);
}

function addressOf(endpoint: Endpoint | undefined, prefix: string): [string, AttributeValue][] {
  const pairs: [string, AttributeValue][] = [];
  const ip = endpoint?.ipv4 ?? endpoint?.ipv6;
  if (ip !== undefined) pairs.push([`${prefix}.ip`, ip]);
  if (endpoint !== undefined && endpoint.port !== 0) pairs.push([`${prefix}.port`, BigInt(endpoint.port)]);
  return pairs;
}

function serviceResource(span: Span): Resource {
  const name = span.localEndpoint?.serviceName ?? '';
  return name === '' ? Resource.none : new Resource(new Attributes(['service.name', name]));
}

/** Equal for resources (and for scopes) that say the same; computed once for each object. */
function keyOf(keys: Map<Resource | Scope, string>, of: Resource | Scope): string {
  const known = keys.get(of);
  if (known !== undefined) return known;
  const types = Array.from(of.attributes.entries(), ([, value]) => typeof value).join();
  const names = 'name' in of ? [of.name, of.version] : [];
  const parts = [jsonOfAttributes(of.attributes), types, of.droppedAttributes, of.schemaUrl, ...names];
  const key = JSON.stringify(parts);
  keys.set(of, key);
  return key;
}
