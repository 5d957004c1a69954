import { Attributes } from './attributes.js';
import type { Endpoint } from './endpoint.js';
import type { V1Original } from './zipkin/v1-span.js';

/** Numbers as in OTLP. Zipkin knows the last four; its spans without a kind are `unspecified`. */
export const SpanKind = { unspecified: 0, internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;
export type SpanKind = (typeof SpanKind)[keyof typeof SpanKind];

/** Numbers as in OTLP. */
export const StatusCode = { unset: 0, ok: 1, error: 2 } as const;
export type StatusCode = (typeof StatusCode)[keyof typeof StatusCode];

/** The family of formats that a span came in. It decides which of its fields are original and which are derived. */
export type SpanSource = 'otlp' | 'zipkin-v1' | 'zipkin-v2';

/** Something that happened at a time: an OTLP event, or a Zipkin annotation (its value is the name). */
export class SpanEvent {
  constructor(
    /** Nanoseconds since 1970. */
    readonly timeNs: bigint,
    readonly name: string,
    readonly attributes: Attributes = Attributes.empty,
    readonly droppedAttributes = 0,
  ) {}
}

export class SpanLink {
  constructor(
    /** Lower-case hexadecimal as sent: 32 digits and 16 if the sender keeps to the specification. */
    readonly traceId: string,
    readonly spanId: string,
    readonly traceState = '',
    readonly attributes: Attributes = Attributes.empty,
    readonly droppedAttributes = 0,
    readonly flags = 0,
  ) {}
}

/** What sent the spans. One object for all spans of a resource in a body. */
export class Resource {
  static readonly none = new Resource(Attributes.empty);

  constructor(
    readonly attributes: Attributes,
    readonly droppedAttributes = 0,
    readonly schemaUrl = '',
  ) {}

  /** The same under a schema. */
  at(schemaUrl: string): Resource {
    return new Resource(this.attributes, this.droppedAttributes, schemaUrl);
  }
}

/** The library that recorded the spans. One object for all its spans in a body. */
export class Scope {
  static readonly none = new Scope('', '', Attributes.empty);

  constructor(
    readonly name: string,
    readonly version: string,
    readonly attributes: Attributes,
    readonly droppedAttributes = 0,
    readonly schemaUrl = '',
  ) {}

  /** The same under a schema. */
  at(schemaUrl: string): Scope {
    return new Scope(this.name, this.version, this.attributes, this.droppedAttributes, schemaUrl);
  }
}

const NO_EVENTS: readonly SpanEvent[] = [];
const NO_LINKS: readonly SpanLink[] = [];

/**
 * One span in what all formats have in common, losing nothing that any of them says. Fields are plain and always there
 * (one shape, no wrapper objects), strings and endpoints are shared where they repeat. Decoders fill it, then it is to
 * be treated as frozen. Views for a format are computed (`zipkinSpanOf`, `v1SpanOf`), never stored.
 */
export class Span {
  /** Lower-case hexadecimal, 32 digits, or 16 when the upper half is absent or zero (Zipkin's canonical form). */
  traceId: string;
  /** 16 lower-case hexadecimal digits, never all zero. */
  id: string;
  /** 16 digits; undefined for roots and where a span names itself or zero as its parent. */
  parentId: string | undefined = undefined;
  /** As sent, in its case; '' when unknown. */
  name = '';
  kind: SpanKind = SpanKind.unspecified;
  /** Nanoseconds since 1970; undefined when unknown. */
  startNs: bigint | undefined = undefined;
  /** Undefined when unknown (a span that has not ended); negative when the sender's clock went backwards. */
  durationNs: bigint | undefined = undefined;
  /** For OTLP spans derived from `service.name` of the resource. */
  localEndpoint: Endpoint | undefined = undefined;
  /** As sent; OTLP has none, `remoteEndpointOf` derives it. */
  remoteEndpoint: Endpoint | undefined = undefined;
  /** OTLP attributes; Zipkin tags as strings. */
  attributes: Attributes = Attributes.empty;
  droppedAttributes = 0;
  /** OTLP events; Zipkin annotations. In the order in which they came. */
  events: readonly SpanEvent[] = NO_EVENTS;
  droppedEvents = 0;
  links: readonly SpanLink[] = NO_LINKS;
  droppedLinks = 0;
  statusCode: StatusCode = StatusCode.unset;
  statusMessage = '';
  /** W3C trace state, as sent. */
  traceState = '';
  /** W3C trace flags and the OTLP bits above them. */
  traceFlags = 0;
  /** Zipkin: store it whatever the sampling says. */
  debug = false;
  /** Zipkin: the id was made by the caller, this is the server's (or consumer's) half. */
  shared = false;
  resource: Resource;
  scope: Scope;
  /** Zipkin v1 as it was sent; a v1 span that became several spans is kept by its first (`V1Original.continued`). */
  v1: V1Original | undefined = undefined;
  source: SpanSource;

  constructor(source: SpanSource, traceId = '', id = '', resource = Resource.none, scope = Scope.none) {
    this.source = source;
    this.traceId = traceId;
    this.id = id;
    this.resource = resource;
    this.scope = scope;
  }

  /** The name by which Zipkin looks spans up; undefined when unknown. */
  get lowerName(): string | undefined {
    return this.name === '' ? undefined : this.name.toLowerCase();
  }

  /** Lower-case name of the service that recorded the span; undefined when unknown. */
  get localServiceName(): string | undefined {
    return this.localEndpoint?.lowerServiceName;
  }

  /** Failed: OTLP status ERROR, or a tag `error` of whatever value (Zipkin's rule). */
  get failed(): boolean {
    return this.statusCode === StatusCode.error || this.attributes.has('error');
  }

  get endNs(): bigint | undefined {
    return this.startNs === undefined || this.durationNs === undefined ? undefined : this.startNs + this.durationNs;
  }

  /** A copy with some fields changed. */
  with(changes: Partial<Span>): Span {
    return Object.assign(Object.create(Span.prototype) as Span, this, changes);
  }
}
