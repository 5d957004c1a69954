import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Attributes } from '../attributes.js';
import { Endpoint } from '../endpoint.js';
import { Resource, Scope, Span, SpanEvent, SpanKind, SpanLink } from '../span.js';
import { zipkinSpans } from '../testing/span-arbitraries.js';
import { mergeTrace } from './merge-spans.js';
import { zipkinSpanOf } from './zipkin-span.js';

const LOW = '00000000000000aa';
const id = (n: number): string => n.toString(16).padStart(16, '0');
const make = (n: number, fields: Partial<Span> = {}): Span => Object.assign(new Span('zipkin-v2', LOW, id(n)), fields);
const service = (name: string, ipv4?: string, port = 0): Endpoint => new Endpoint(name, ipv4, undefined, port);
const CLIENT = { kind: SpanKind.client, localEndpoint: service('web') };
const SERVER = { kind: SpanKind.server, localEndpoint: service('api') };

describe('mergeTrace', () => {
  it('joins the pieces of a span', () => {
    const early = make(1, {
      ...CLIENT,
      name: 'GET',
      startNs: 5000n,
      attributes: Attributes.of([
        ['a', '1'],
        ['b', '1'],
      ]),
    });
    const late = make(1, {
      kind: SpanKind.client,
      localEndpoint: service('WEB', '10.0.0.1'),
      remoteEndpoint: service('api'),
      durationNs: 2000n,
      name: 'ignored',
      parentId: id(9),
      attributes: Attributes.of([
        ['b', '2'],
        ['c', '2'],
      ]),
      events: [new SpanEvent(6000n, 'ws')],
      debug: true,
    });
    const [merged, ...others] = mergeTrace([late, early]);
    expect(others).toEqual([]);
    expect(merged).toMatchObject({ startNs: 5000n, durationNs: 2000n, parentId: id(9), debug: true });
    expect(merged?.localEndpoint).toMatchObject({ ipv4: '10.0.0.1' });
    expect(merged?.localServiceName).toBe('web');
    expect(merged?.remoteEndpoint?.serviceName).toBe('api');
    expect(new Map(merged?.attributes.entries()).size).toBe(3);
    expect(merged?.events).toHaveLength(1);
  });

  it('a span that came twice is one, its events too', () => {
    const events = [new SpanEvent(1000n, 'a'), new SpanEvent(2000n, 'a', Attributes.of([['n', 1n]]))];
    const span = make(1, { ...CLIENT, events });
    expect(mergeTrace([span, make(1, { ...CLIENT, events: [...events] }), span])).toEqual([span]);
  });

  it('joins what an OTLP sender sent twice, once whole and once not', () => {
    const resource = new Resource(Attributes.of([['service.name', 'web']]));
    const scope = new Scope('lib', '1', Attributes.empty);
    const link = (): SpanLink => new SpanLink(`${id(1)}${id(2)}`, id(3));
    const whole = {
      resource,
      scope,
      links: [link()],
      statusCode: 2,
      statusMessage: 'x',
      traceState: 'a=b',
      traceFlags: 1,
    } as const;
    const [merged, ...others] = mergeTrace([make(1), make(1, whole), make(1, { links: [link()], traceFlags: 2 })]);
    expect(others).toEqual([]);
    expect(merged).toMatchObject({ ...whole, traceFlags: 3 });
    expect(merged?.links).toHaveLength(1);
  });

  it('both sides of a call stay two, the caller first', () => {
    const merged = mergeTrace([make(1, { ...SERVER, shared: true }), make(1, CLIENT)]);
    expect(merged.map((span) => [span.kind, span.shared])).toEqual([
      [SpanKind.client, false],
      [SpanKind.server, true],
    ]);
  });

  it('fills in the flag and the parent that the callee forgot', () => {
    const merged = mergeTrace([make(1, SERVER), make(1, { ...CLIENT, parentId: id(7) })]);
    expect(merged.map((span) => [span.shared, span.parentId])).toEqual([
      [false, id(7)],
      [true, id(7)],
    ]);
  });

  it('servers that answered under one id stay apart', () => {
    const at = (ipv4: string): Span => make(1, { ...SERVER, shared: true, localEndpoint: service('api', ipv4) });
    expect(mergeTrace([at('10.0.0.2'), at('10.0.0.1'), at('10.0.0.2')])).toHaveLength(2);
  });

  it('an endpoint may come in pieces, but not contradict itself', () => {
    const at = (endpoint: Endpoint): Span => make(1, { ...CLIENT, localEndpoint: endpoint });
    const pieces = [service('web'), service('', '10.0.0.1'), service('', undefined, 80)];
    expect(mergeTrace(pieces.map(at))).toMatchObject([
      { localEndpoint: { serviceName: 'web', ipv4: '10.0.0.1', port: 80 } },
    ]);
    expect(mergeTrace([service('web', '10.0.0.1', 80), service('web', '10.0.0.1', 81)].map(at))).toHaveLength(2);
    expect(mergeTrace([service('web'), service('wap')].map(at))).toHaveLength(2);
  });

  it('data without an endpoint joins the first of its id', () => {
    const merged = mergeTrace([
      make(1, CLIENT),
      make(1, { kind: SpanKind.client, attributes: Attributes.of([['a', '1']]) }),
    ]);
    expect(merged).toHaveLength(1);
    expect(merged[0]?.attributes.get('a')).toBe('1');
  });

  it('all get the longest trace id', () => {
    const wide = `00000000000000ff${LOW}`;
    const merged = mergeTrace([make(1), make(2).with({ traceId: wide }), make(3)]);
    expect(merged.map((span) => span.traceId)).toEqual([wide, wide, wide]);
  });

  it('changes nothing that it was given, and nothing more the second time', () => {
    fc.assert(
      fc.property(fc.array(zipkinSpans, { maxLength: 12 }), (spans) => {
        const before = structuredClone(spans);
        const trace = spans.map((span) => span.with({ traceId: LOW }));
        const merged = mergeTrace(trace);
        expect(structuredClone(spans)).toEqual(before);
        expect(new Set(merged.map((span) => span.id))).toEqual(new Set(spans.map((span) => span.id)));
        expect(mergeTrace(merged).map(zipkinSpanOf)).toEqual(merged.map(zipkinSpanOf));
      }),
      { numRuns: 200 },
    );
  });
});
