import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  Attributes,
  Endpoint,
  Resource,
  Scope,
  Span,
  SpanEvent,
  SpanKind,
  SpanLink,
  StatusCode,
} from '@tracer/span-model';
import type { SpanBatch, SpanStore } from '../span-store.js';
import type { TraceQuery } from '../trace-query.js';

/** A moment of today, so that stores which partition by day have one for it. */
const NOW_US = Math.floor(Date.now() / 86_400_000) * 86_400_000_000 + 3_600_000_000;
const STRICT = { strict: true };
const LENIENT = { strict: false };

interface Sketch {
  readonly trace?: string;
  readonly id?: string;
  readonly parent?: string;
  readonly service?: string;
  readonly remote?: string;
  readonly name?: string;
  readonly atUs?: number;
  readonly durationUs?: number;
  readonly kind?: SpanKind;
  readonly tags?: Readonly<Record<string, string>>;
  readonly events?: readonly string[];
}

/** A Zipkin span from what a test cares about. */
export function sketchSpan(sketch: Sketch = {}): Span {
  const { trace = '1'.repeat(16), id = '2'.repeat(16), service = 'frontend', name = 'GET', atUs = NOW_US } = sketch;
  const span = new Span('zipkin-v2', trace, id);
  span.parentId = sketch.parent;
  span.name = name;
  span.kind = sketch.kind ?? SpanKind.server;
  span.startNs = BigInt(atUs) * 1000n;
  span.durationNs = BigInt(sketch.durationUs ?? 100) * 1000n;
  span.localEndpoint = Endpoint.of(service);
  span.remoteEndpoint = sketch.remote === undefined ? undefined : Endpoint.of(sketch.remote);
  span.attributes = Attributes.of(Object.entries(sketch.tags ?? {}));
  span.events = (sketch.events ?? []).map((event) => new SpanEvent(BigInt(atUs) * 1000n, event));
  return span;
}

const hex = (number: number): string => number.toString(16).padStart(16, '0');

/** Every implementation of SpanStore runs this; `open` gives an empty one that remembers the values of the tag `env`. */
export function spanStoreContract(name: string, open: () => Promise<SpanStore>): void {
  describe(`${name} honours the contract of SpanStore`, () => {
    let store: SpanStore;
    beforeEach(async () => {
      store = await open();
    });
    const insert = (spans: readonly Span[], tenant = '0'): Promise<void> => store.insert([{ tenant, spans }]);
    const query = (more: Partial<TraceQuery> = {}): TraceQuery => ({
      fromUs: NOW_US - 1_000_000,
      toUs: NOW_US + 1_000_000,
      limit: 10,
      ...more,
    });
    const found = async (more: Partial<TraceQuery> = {}): Promise<string[]> =>
      (await store.search('0', query(more), STRICT)).map(([span]) => span?.traceId ?? '');

    it('gives back everything that a span said', async () => {
      const span = new Span('otlp', 'a'.repeat(32), 'b'.repeat(16));
      Object.assign(span, {
        parentId: 'c'.repeat(16),
        name: 'Checkout \0 ☂',
        kind: SpanKind.producer,
        startNs: BigInt(NOW_US) * 1000n + 789n,
        durationNs: -5n,
        localEndpoint: Endpoint.of('Shop', '10.0.0.1', '2001:db8::1', 65_535),
        attributes: Attributes.of([
          ['text', 'line\nbreak'],
          ['yes', true],
          ['big', -9_223_372_036_854_775_808n],
          ['real', -0.1],
          ['bytes', new Uint8Array([0, 255])],
          ['list', ['a', 1n, [false]]],
          ['map', Attributes.of([['inner', undefined]])],
        ]),
        droppedAttributes: 1,
        events: [new SpanEvent(1n, 'first', Attributes.of([['k', 'v']]), 2), new SpanEvent(0n, 'second')],
        droppedEvents: 3,
        links: [new SpanLink('d'.repeat(32), 'e'.repeat(16), 'state=1', Attributes.of([['k', 2n]]), 4, 1)],
        droppedLinks: 5,
        statusCode: StatusCode.error,
        statusMessage: 'no stock',
        traceState: 'vendor=x',
        traceFlags: 0x301,
        debug: true,
        shared: true,
        resource: new Resource(Attributes.of([['service.name', 'Shop']]), 6, 'schema'),
        scope: new Scope('lib', '1.2', Attributes.of([['s', 's']]), 7, 'scope-schema'),
      });
      await insert([span]);
      expect(await store.trace('0', 'a'.repeat(32), STRICT)).toEqual([span]);
    });

    it('keeps spans without a time, found by id only', async () => {
      const span = sketchSpan();
      span.startNs = undefined;
      span.durationNs = undefined;
      await insert([span]);
      expect(await store.trace('0', span.traceId, STRICT)).toEqual([span]);
      expect(await found()).toEqual([]);
    });

    it('keeps the order of storing within a trace, repeats included', async () => {
      const [late, early] = [sketchSpan({ id: hex(1), atUs: NOW_US + 500 }), sketchSpan({ id: hex(2), atUs: NOW_US })];
      await insert([late, early]);
      await insert([late]);
      expect((await store.trace('0', late.traceId, STRICT)).map(({ id }) => id)).toEqual([hex(1), hex(2), hex(1)]);
    });

    it('stores the same batches once, however often they are handed in', async () => {
      const batches: SpanBatch[] = [{ tenant: '0', spans: [sketchSpan()] }];
      await store.insert(batches);
      await store.insert(batches);
      expect(await store.trace('0', sketchSpan().traceId, STRICT)).toHaveLength(1);
    });

    it('takes batches without spans', async () => {
      await store.insert([]);
      await store.insert([{ tenant: '0', spans: [] }]);
      expect(await found()).toEqual([]);
    });

    it('keeps tenants apart in every answer', async () => {
      await insert([sketchSpan({ service: 'mine' })], 'a');
      expect(await store.trace('b', sketchSpan().traceId, STRICT)).toEqual([]);
      expect(await store.search('b', query(), STRICT)).toEqual([]);
      expect(await store.serviceNames('b', 0)).toEqual([]);
      expect(await store.serviceNames('a', 0)).toEqual(['mine']);
    });

    it('tells traces apart by 128 bits when strict, by the lower 64 when not', async () => {
      const [short, long] = [hex(7), '9'.repeat(16) + hex(7)];
      await insert([sketchSpan({ trace: short }), sketchSpan({ trace: long, id: hex(3) })]);
      expect(await store.trace('0', short, STRICT)).toHaveLength(1);
      expect(await store.trace('0', long, STRICT)).toHaveLength(1);
      expect(await store.trace('0', short, LENIENT)).toHaveLength(2);
      expect(await store.traces('0', [short, long, hex(8)], STRICT)).toHaveLength(2);
      expect(await store.traces('0', [short, long], LENIENT)).toHaveLength(1);
    });

    it('takes ids with the highest bit set', async () => {
      const span = sketchSpan({ trace: 'f'.repeat(32), id: 'f'.repeat(16), parent: '8'.padEnd(16, '0') });
      await insert([span]);
      expect(await store.trace('0', 'f'.repeat(32), STRICT)).toEqual([span]);
    });

    it('finds the newest traces first and keeps to the limit', async () => {
      await insert([1, 2, 3, 4].map((at) => sketchSpan({ trace: hex(at), atUs: NOW_US + at })));
      expect(await found({ limit: 3 })).toEqual([hex(4), hex(3), hex(2)]);
    });

    it('finds more traces than a page of candidates holds', async () => {
      await insert(
        Array.from({ length: 700 }, (_, at) => sketchSpan({ trace: hex(at + 1), atUs: NOW_US + at, durationUs: at })),
      );
      expect(await found({ limit: 1000 })).toHaveLength(700);
      expect(await found({ minDurationUs: 1, maxDurationUs: 2 })).toEqual([hex(3), hex(2)]);
    });

    it('finds all of many traces of one moment', async () => {
      await insert(Array.from({ length: 450 }, (_, at) => sketchSpan({ trace: hex(at + 1) })));
      expect(new Set(await found({ limit: 1000 })).size).toBe(450);
    });

    it('takes the time of the root, both bounds included', async () => {
      const trace = hex(5);
      await insert([
        sketchSpan({ trace, id: hex(1), atUs: NOW_US }),
        sketchSpan({ trace, id: hex(2), parent: hex(1), atUs: NOW_US - 50 }),
      ]);
      expect(await found({ fromUs: NOW_US, toUs: NOW_US })).toEqual([trace]);
      expect(await found({ fromUs: NOW_US - 60, toUs: NOW_US - 1 })).toEqual([]);
    });

    it('lets a service constrain every other part, each in a span of its own', async () => {
      const trace = hex(6);
      await insert([
        sketchSpan({ trace, id: hex(1), service: 'Frontend', name: 'GET /', remote: 'backend' }),
        sketchSpan({
          trace,
          id: hex(2),
          service: 'Frontend',
          name: 'render',
          tags: { error: '', env: 'prod' },
          durationUs: 900,
        }),
        sketchSpan({
          trace,
          id: hex(3),
          service: 'backend',
          name: 'query',
          tags: { sql: 'select' },
          events: ['retry'],
        }),
      ]);
      const holds = async (part: Partial<TraceQuery>): Promise<boolean> => (await found(part)).length === 1;
      const service = { serviceName: 'frontend' };
      expect(await holds({ ...service, spanName: 'get /', remoteServiceName: 'backend', minDurationUs: 900 })).toBe(
        true,
      );
      expect(await holds({ ...service, annotationQuery: [{ key: 'error' }, { key: 'env', value: 'prod' }] })).toBe(
        true,
      );
      expect(await holds({ ...service, annotationQuery: [{ key: 'env', value: 'Prod' }] })).toBe(false);
      expect(await holds({ ...service, annotationQuery: [{ key: 'retry' }] })).toBe(false);
      expect(await holds({ annotationQuery: [{ key: 'retry' }, { key: 'env' }] })).toBe(true);
      expect(await holds({ ...service, spanName: 'query' })).toBe(false);
      expect(await holds({ spanName: 'query', minDurationUs: 900 })).toBe(true);
      expect(await holds({ serviceName: 'nobody' })).toBe(false);
    });

    it('lists names in lower case, sorted, of the time asked for', async () => {
      await insert([
        sketchSpan({ service: 'Zoo', name: 'B', remote: 'DB', tags: { env: 'Prod' } }),
        sketchSpan({ service: 'zoo', name: 'a', id: hex(3), tags: { env: 'dev', other: 'x' } }),
        sketchSpan({ service: 'ant', name: '', id: hex(4) }),
      ]);
      expect(await store.serviceNames('0', NOW_US)).toEqual(['ant', 'zoo']);
      expect(await store.spanNames('0', 'zoo', NOW_US)).toEqual(['a', 'b']);
      expect(await store.remoteServiceNames('0', 'zoo', NOW_US)).toEqual(['db']);
      expect(await store.tagValues('0', 'env', NOW_US)).toEqual(['Prod', 'dev']);
      expect(await store.tagValues('0', 'other', NOW_US)).toEqual([]);
      expect(await store.serviceNames('0', NOW_US + 7_200_000_000)).toEqual([]);
    });

    it('draws the links of the traces that began in the window', async () => {
      const call = (trace: string, atUs: number, failed: boolean): Span[] => [
        sketchSpan({
          trace,
          id: hex(1),
          service: 'web',
          kind: SpanKind.client,
          atUs,
          tags: failed ? { error: 'x' } : {},
        }),
        sketchSpan({ trace, id: hex(2), parent: hex(1), service: 'app', kind: SpanKind.server, atUs }),
      ];
      await insert([
        ...call(hex(1), NOW_US, false),
        ...call(hex(2), NOW_US + 1, true),
        ...call(hex(3), NOW_US + 99, false),
      ]);
      expect(await store.dependencies('0', NOW_US, NOW_US + 1)).toEqual([
        { parent: 'web', child: 'app', callCount: 2, errorCount: 1 },
      ]);
    });
  });
}
