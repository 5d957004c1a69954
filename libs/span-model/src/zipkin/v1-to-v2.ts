import { Attributes, type AttributeValue } from '../attributes.js';
import { Endpoint } from '../endpoint.js';
import { Span, SpanEvent, SpanKind } from '../span.js';
import { V1Original, V1Type, type V1Annotation, type V1BinaryAnnotation, type V1Span } from './v1-span.js';
import { byTimeAndValue, compare } from './zipkin-span.js';

/** The annotation values that say what happened, when they come with an endpoint. */
type Core = 'cs' | 'cr' | 'sr' | 'ss' | 'ms' | 'mr' | 'ws' | 'wr';
const KIND_OF: Readonly<Record<Core, SpanKind | undefined>> = {
  cs: SpanKind.client,
  cr: SpanKind.client,
  sr: SpanKind.server,
  ss: SpanKind.server,
  ms: SpanKind.producer,
  mr: SpanKind.consumer,
  ws: undefined,
  wr: undefined,
};

function isCore(value: string): value is Core {
  return value.length === 2 && Object.hasOwn(KIND_OF, value);
}

/**
 * The spans that a v1 span stands for. v1 had one span for both sides of a call, and wrote an endpoint beside everything;
 * so what it says is spread over spans by the service of those endpoints: usually one, two for a call seen from both
 * sides, more when more services wrote into one span. The first of them carries the original.
 */
export function spansOfV1(v1: V1Span): Span[] {
  return new Conversion(v1).convert();
}

interface Part {
  readonly span: Span;
  readonly events: SpanEvent[];
  readonly tags: [string, AttributeValue][];
}

type Times = Partial<Record<Core, V1Annotation>>;

class Conversion {
  readonly #v1: V1Span;
  readonly #timestampUs: bigint;
  readonly #durationUs: bigint;
  readonly #first: Part;
  readonly #parts: Part[];
  readonly #at: Times = {};

  constructor(v1: V1Span) {
    this.#v1 = v1;
    // Only positive times count.
    this.#timestampUs = positive(v1.original.timestampUs);
    this.#durationUs = positive(v1.original.durationUs);
    this.#first = this.#newPart();
    this.#parts = [this.#first];
  }

  convert(): Span[] {
    this.#spreadAnnotations();
    this.#inferStarts();
    this.#timeCall();
    this.#markShared();
    this.#timeMessage();
    this.#spreadBinaryAnnotations();
    return this.#parts.map((part, index) => finished(part, index === 0 ? this.#v1.original : V1Original.continued));
  }

  #spreadAnnotations(): void {
    for (const annotation of [...this.#v1.original.annotations].sort(byTimeAndValue)) {
      const part = this.#partOf(annotation.endpoint);
      if (annotation.endpoint === undefined || !isCore(annotation.value)) {
        addEvent(part, annotation);
        continue;
      }
      this.#at[annotation.value] = annotation;
      const kind = KIND_OF[annotation.value];
      if (kind !== undefined) part.span.kind = kind;
    }
  }

  /** A bridge from events to spans can lose the start; the span's own times then tell it. */
  #inferStarts(): void {
    const at = this.#at;
    const endUs = this.#timestampUs + this.#durationUs;
    const hasBoth = this.#timestampUs !== 0n && this.#durationUs !== 0n;
    if (at.cs === undefined && hasBoth && at.cr?.timestampUs === endUs) at.cs = this.#start('cs', at.cr);
    if (at.sr === undefined && hasBoth && at.ss?.timestampUs === endUs) at.sr = this.#start('sr', at.ss);
  }

  #start(value: Core, end: V1Annotation): V1Annotation {
    return { timestampUs: this.#timestampUs, value, endpoint: end.endpoint };
  }

  #timeCall(): void {
    const { cs, cr, sr, ss } = this.#at;
    if (cs !== undefined && sr !== undefined) this.#timeBothSides(cs, sr);
    else if (cs !== undefined && cr !== undefined) this.#time(cs, cr);
    else if (sr !== undefined && ss !== undefined) this.#time(sr, ss);
    else this.#timeHalfCall();
  }

  #timeBothSides(cs: V1Annotation, sr: V1Annotation): void {
    const { cr, ss } = this.#at;
    this.#time(cs, cr);
    const client = this.#partOf(cs.endpoint);
    const server = this.#otherSide(client, cs, sr, SpanKind.client, SpanKind.server);
    server.span.shared = true;
    server.span.startNs = ns(sr.timestampUs);
    if (ss !== undefined) server.span.durationNs = ns(ss.timestampUs - sr.timestampUs);
  }

  /** The part of the receiver; a new one when the same service is on both sides. */
  #otherSide(sender: Part, sent: V1Annotation, received: V1Annotation, from: SpanKind, to: SpanKind): Part {
    if (!sameService(sent.endpoint, received.endpoint)) return this.#partOf(received.endpoint);
    sender.span.kind = from;
    const receiver = this.#newPart();
    this.#parts.push(receiver);
    receiver.span.localEndpoint = received.endpoint;
    receiver.span.kind = to;
    return receiver;
  }

  /** What is left alone stays an annotation, except for a start, which is the start of its span. */
  #timeHalfCall(): void {
    const { cs, cr, sr, ss } = this.#at;
    for (const part of this.#parts) {
      const isClient = part.span.kind === SpanKind.client;
      if (!isClient && part.span.kind !== SpanKind.server) continue;
      const [start, end] = isClient ? [cs, cr] : [sr, ss];
      if (start !== undefined) part.span.startNs = ns(start.timestampUs);
      if (end !== undefined) addEvent(part, end);
    }
    if (this.#timestampUs !== 0n) {
      this.#first.span.startNs = ns(this.#timestampUs);
      this.#first.span.durationNs = ns(this.#durationUs);
    }
  }

  /** v1 had no mark for shared spans: by convention the server left out times that the client owned. */
  #markShared(): void {
    const { cs, sr, ss } = this.#at;
    if (cs !== undefined || sr === undefined) return;
    if (this.#timestampUs === 0n || (ss !== undefined && this.#durationUs === 0n)) {
      this.#partOf(sr.endpoint).span.shared = true;
    }
  }

  #timeMessage(): void {
    const { ms, mr, ws, wr } = this.#at;
    if (ms !== undefined && mr !== undefined) this.#timeBothEnds(ms, mr);
    else if (ms !== undefined) this.#time(ms, ws);
    else if (mr !== undefined) this.#time(wr ?? mr, wr === undefined ? undefined : mr);
    else {
      for (const wire of [ws, wr]) if (wire !== undefined) addEvent(this.#partOf(wire.endpoint), wire);
    }
  }

  #timeBothEnds(ms: V1Annotation, mr: V1Annotation): void {
    const { ws, wr } = this.#at;
    const producer = this.#partOf(ms.endpoint);
    const consumer = this.#otherSide(producer, ms, mr, SpanKind.producer, SpanKind.consumer);
    consumer.span.shared = true;
    consumer.span.startNs = ns((wr ?? mr).timestampUs);
    if (wr !== undefined) consumer.span.durationNs = ns(mr.timestampUs - wr.timestampUs);
    producer.span.startNs = ns(ms.timestampUs);
    producer.span.durationNs = ws === undefined ? undefined : ns(ws.timestampUs - ms.timestampUs);
  }

  /** The span's own times if it has both, else those of the annotations. */
  #time(begin: V1Annotation, end: V1Annotation | undefined): void {
    const { span } = this.#partOf(begin.endpoint);
    const own = this.#timestampUs !== 0n && this.#durationUs !== 0n;
    span.startNs = ns(own ? this.#timestampUs : begin.timestampUs);
    if (own) span.durationNs = ns(this.#durationUs);
    else if (end !== undefined) span.durationNs = ns(end.timestampUs - begin.timestampUs);
  }

  #spreadBinaryAnnotations(): void {
    const addresses: Partial<Record<string, Endpoint>> = {};
    const byKey = [...this.#v1.original.binaryAnnotations].sort((a, b) => compare(a.key, b.key));
    for (const binary of byKey) {
      if (isAddress(binary)) addresses[binary.key] = binary.endpoint;
      else if (binary.type === V1Type.string) {
        const part = this.#partOf(binary.endpoint);
        // An empty "lc" only says which endpoint is local.
        if (binary.key !== 'lc' || binary.value !== '') part.tags.push([binary.key, binary.value]);
      }
    }
    const { cs, cr, sr, ss } = this.#at;
    if ((cs ?? cr ?? sr ?? ss) === undefined && (addresses['ca'] ?? addresses['sa']) !== undefined) {
      this.#addressesAlone(addresses['ca'], addresses['sa']);
    } else {
      this.#remoteEndpoints(addresses['ca'], addresses['sa'], addresses['ma']);
    }
  }

  /** Without annotations, addresses are all there is to tell the sides. */
  #addressesAlone(ca: Endpoint | undefined, sa: Endpoint | undefined): void {
    if (ca !== undefined && sa !== undefined) this.#partOf(ca).span.remoteEndpoint = sa;
    else if (sa !== undefined) this.#first.span.remoteEndpoint = sa;
    else {
      this.#first.span.kind = SpanKind.server;
      this.#first.span.remoteEndpoint = ca;
    }
  }

  #remoteEndpoints(ca: Endpoint | undefined, sa: Endpoint | undefined, ma: Endpoint | undefined): void {
    const { cs, cr, sr, ss, ms, mr } = this.#at;
    const server = sr ?? ss;
    if (ca !== undefined && server !== undefined && !ca.equals(server.endpoint)) {
      // The socket of a client under the server's own name would make the server call itself.
      const client = sameService(ca, server.endpoint) ? Endpoint.of('', ca.ipv4, ca.ipv6, ca.port) : ca;
      this.#partOf(server.endpoint).span.remoteEndpoint = client;
    }
    const client = cs ?? cr;
    if (sa !== undefined && client !== undefined) this.#partOf(client.endpoint).span.remoteEndpoint = sa;
    for (const side of [ms, mr]) {
      if (ma !== undefined && side !== undefined) this.#partOf(side.endpoint).span.remoteEndpoint = ma;
    }
  }

  /** The part of an endpoint's service; what has no endpoint belongs to the first. */
  #partOf(endpoint: Endpoint | undefined): Part {
    if (endpoint === undefined) return this.#first;
    for (const part of this.#parts) {
      part.span.localEndpoint ??= endpoint;
      if (sameService(part.span.localEndpoint, endpoint)) return part;
    }
    const part = this.#newPart();
    this.#parts.push(part);
    part.span.localEndpoint = endpoint;
    return part;
  }

  #newPart(): Part {
    const { traceId, id, parentId, name, debug } = this.#v1;
    const span = new Span('zipkin-v1', traceId, id);
    span.parentId = parentId === id ? undefined : parentId;
    span.name = name;
    span.debug = debug;
    return { span, events: [], tags: [] };
  }
}

function finished(part: Part, original: V1Original): Span {
  const { span, events, tags } = part;
  if (events.length > 0) span.events = events;
  span.attributes = Attributes.of(tags);
  if (span.kind === SpanKind.client) span.shared = false;
  span.v1 = original;
  return span;
}

function addEvent(part: Part, annotation: V1Annotation): void {
  part.events.push(new SpanEvent(annotation.timestampUs * 1000n, annotation.value));
}

/** The other side's address is marked by `true`; some senders wrote it as text. */
function isAddress(binary: V1BinaryAnnotation): boolean {
  const { key, value, endpoint } = binary;
  return endpoint !== undefined && /^[csm]a$/.test(key) && (value === true || value === 'true' || value === '1');
}

function sameService(a: Endpoint | undefined, b: Endpoint | undefined): boolean {
  return a?.lowerServiceName === b?.lowerServiceName;
}

function positive(us: bigint): bigint {
  return us > 0n ? us : 0n;
}

function ns(us: bigint): bigint | undefined {
  return us > 0n ? us * 1000n : undefined;
}
