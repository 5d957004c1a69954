import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Attributes } from '../attributes.js';
import { Endpoint } from '../endpoint.js';
import { Span, SpanEvent } from '../span.js';
import { encodeChromeTrace } from './chrome-trace.js';

type Event = Record<string, unknown> & {
  ph: string;
  pid: number;
  tid: number;
  ts: number;
  dur: number;
  args: Record<string, unknown>;
};
const hex = (n: number): string => n.toString(16).padStart(16, '0');
const make = (
  id: number,
  service: string,
  startNs: bigint,
  durationNs: bigint | undefined,
  more: Partial<Span> = {},
): Span =>
  Object.assign(new Span('zipkin-v2', hex(1), hex(id)), {
    name: `n${id}`,
    localEndpoint: new Endpoint(service, undefined, undefined, 0),
    startNs,
    durationNs,
    ...more,
  });
const eventsOf = (spans: readonly Span[]): Event[] =>
  (JSON.parse(encodeChromeTrace(spans).json.toString()) as { traceEvents: Event[] }).traceEvents;

describe('Chrome trace events', () => {
  const spans = [
    make(1, 'web', 1_700_000_000_000_001_001n, 5_000_000n, {
      kind: 3,
      attributes: Attributes.of([
        ['path', '/x'],
        ['n', 9007199254740993n],
      ]),
    }),
    make(2, 'api', 1_700_000_000_001_000_000n, 900n, {
      parentId: hex(1),
      events: [new SpanEvent(1_700_000_000_001_000_500n, 'ev"ent')],
    }),
    make(3, 'web', 1_700_000_000_002_000_000n, undefined, {
      parentId: hex(1),
      attributes: Attributes.of([['error', 'x']]),
    }),
    Object.assign(new Span('otlp', hex(1), hex(4)), { name: 'no start' }),
  ];

  it('has processes, complete events with exact times, instants and arrows', () => {
    const { json, skipped } = encodeChromeTrace(spans);
    const text = json.toString();
    const events = eventsOf(spans);
    expect(skipped).toBe(1);
    expect(events.filter((event) => event.ph === 'M').map((event) => event.args['name'])).toEqual(['api', 'web']);
    expect(events.filter((event) => event.ph === 'X').map((event) => event['name'])).toEqual(['n1', 'n2', 'n3']);
    expect(text).toContain('"ts":1700000000000001.001,"dur":5000,');
    expect(text).toContain('"dur":0.9,');
    expect(text).toContain('"n":9007199254740993');
    expect(text).toContain('"kind":"CLIENT"');
    expect(events.find((event) => event.ph === 'i')).toMatchObject({ name: 'ev"ent', pid: 1 });
    expect(
      events.filter((event) => event.ph === 's' || event.ph === 'f').map((event) => [event.ph, event.pid]),
    ).toEqual([
      ['s', 2],
      ['f', 1],
    ]);
    expect(events.find((event) => event['name'] === 'n3')?.args).toMatchObject({ failed: '', parent_id: hex(1) });
  });

  it('spans on one thread nest or follow, never cross', () => {
    const intervals = fc.array(fc.tuple(fc.nat(50), fc.nat(20), fc.constantFrom('a', 'b')), { maxLength: 25 });
    fc.assert(
      fc.property(intervals, (shape) => {
        const made = shape.map(([start, length, service], i) =>
          make(i + 1, service, BigInt(start * 1000), BigInt(length * 1000)),
        );
        const complete = eventsOf(made).filter((event) => event.ph === 'X');
        expect(complete).toHaveLength(made.length);
        for (const a of complete) {
          for (const b of complete) {
            if (a === b || a.pid !== b.pid || a.tid !== b.tid) continue;
            const crosses = a.ts < b.ts && b.ts < a.ts + a.dur && a.ts + a.dur < b.ts + b.dur;
            expect(crosses).toBe(false);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('no spans are a valid file', () => {
    expect(eventsOf([])).toEqual([]);
  });
});
