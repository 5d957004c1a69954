import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mergeTrace, SpanKind, SpanTree, StatusCode, type Span } from '@tracer/span-model';
import { anyDmEvent, dmBinlog, dmJob, dmText } from '../testing/dm-events.js';
import type { DmTrace } from './dm-event-store.js';
import { DmJobState, type DmEvent } from './dm-event.js';
import { dmTraceSpans } from './dm-spans.js';

const { queued, success, error } = DmJobState;
const ID = 'mysql-replica-01.syncer.test.1';
const T = 1_700_000_000_000_000_000n;
const RECEIVED_US = 1_700_000_009_000_000;

function traceOf(events: readonly DmEvent[], more: Partial<DmTrace> = {}): DmTrace {
  const stored = events.map((event, index) => ({ event, seq: 10 + index, trace: 42, receivedAtUs: RECEIVED_US }));
  return { trace: 42, traceId: dmText(ID), events: stored, eventsLeft: 0, ...more };
}
const at = (ns: number): { base: { tso: bigint } } => ({ base: { tso: T + BigInt(ns) } });
const job = (sql: string, state: number, ns: number): DmEvent => dmJob(ID, { sql: dmText(sql), state, ...at(ns) });
/** Where a span stands and what it is: depth by parents, name, from, how long. */
function outline(spans: readonly Span[]): unknown[] {
  return spans.map(({ name, parentId, startNs, durationNs }) => [
    spans.find(({ id }) => id === parentId)?.name,
    name,
    startNs === undefined ? undefined : Number(startNs - T),
    durationNs === undefined ? undefined : Number(durationNs),
  ]);
}

describe('dmTraceSpans', () => {
  it('draws jobs below the binlog event they came of', () => {
    const spans = dmTraceSpans(
      traceOf([
        dmBinlog(ID, { opType: 1, ...at(0) }),
        job('a', queued, 10),
        job('b', queued, 20),
        job('a', success, 110),
        job('b', error, 90),
        job('c', queued, 30),
      ]),
    );
    expect(outline(spans)).toEqual([
      [undefined, ID, 0, 110],
      [ID, 'binlog insert', 0, 0],
      ['binlog insert', 'job insert', 10, 100],
      ['binlog insert', 'job insert', 20, 70],
      ['binlog insert', 'job insert', 30, undefined],
    ]);
    expect(spans.map(({ id }) => id)).toEqual([
      '800000000000002a',
      '000000000000000a',
      '000000000000000b',
      '000000000000000c',
      '000000000000000f',
    ]);
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set(['646d2d7472616365000000000000002a']));
    expect(spans.map(({ statusCode }) => statusCode)).toEqual([0, 0, 0, StatusCode.error, 0]);
    expect(spans[3]?.attributes.text('db.statement')).toBe('b');
    expect(spans[2]?.localServiceName).toBe('dm/mysql-replica-01');
    expect(spans[1]?.kind).toBe(SpanKind.consumer);
  });

  it('hangs jobs below the root when several events of the binlog could have caused them', () => {
    const spans = dmTraceSpans(traceOf([dmBinlog(ID, at(0)), dmBinlog(ID, at(5)), job('a', queued, 7)]));
    expect(outline(spans).map((line) => (line as unknown[])[0])).toEqual([undefined, ID, ID, ID]);
  });

  it('shows reports without announcements, skipped jobs and unknown states as moments', () => {
    const spans = dmTraceSpans(
      traceOf([job('late', success, 5), dmJob(ID, { opType: 7, ...at(6) }), job('?', 9, 7), job('', 0, 8)]),
    );
    expect(outline(spans).slice(1)).toEqual([
      [ID, 'job insert', 5, 0],
      [ID, 'job skip', 6, 0],
      [ID, 'job insert', 7, 0],
      [ID, 'job insert', 8, 0],
    ]);
    expect(
      spans.slice(1).map(({ attributes }) => attributes.get('dm.outcome') ?? attributes.get('dm.job_state')),
    ).toEqual(['lone success', 'skipped', 9n, 0n]);
  });

  it('lets the arrival stand in for a clock that was not set, and says when one went backwards', () => {
    const [root, first, second] = dmTraceSpans(
      traceOf([dmBinlog(ID, { base: { tso: 113_000n } }), job('a', queued, 50), job('a', success, 20)]),
    );
    expect(first?.startNs).toBe(BigInt(RECEIVED_US) * 1000n);
    expect([second?.durationNs, second?.attributes.get('dm.latency_ns')]).toEqual([0n, -30n]);
    expect(root?.startNs).toBe(T + 50n);
  });

  it('says how many events are missing', () => {
    const [root] = dmTraceSpans(traceOf([dmBinlog(ID)], { eventsLeft: 7 }));
    expect([root?.attributes.get('dm.events'), root?.attributes.get('dm.events_left')]).toEqual([8n, 7n]);
  });

  it('gives ids and times to any trace, and one tree', () => {
    fc.assert(
      fc.property(
        fc.array(anyDmEvent, { minLength: 1, maxLength: 12 }),
        fc.uint8Array({ maxLength: 9 }),
        (events, id) => {
          const spans = dmTraceSpans(traceOf(events, { traceId: Buffer.from(id) }));
          expect(new Set(spans.map((span) => span.id)).size).toBe(spans.length);
          const tree = new SpanTree(mergeTrace(spans));
          expect([tree.spans.length, tree.orphans]).toEqual([spans.length, 0]);
          const [root, ...others] = spans;
          for (const { startNs, endNs } of others) {
            expect(startNs).toBeDefined();
            expect((startNs ?? 0n) >= (root?.startNs ?? 0n)).toBe(true);
            expect((endNs ?? startNs ?? 0n) <= (root?.endNs ?? 0n)).toBe(true);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
