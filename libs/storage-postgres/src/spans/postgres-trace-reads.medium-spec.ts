import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silent } from '@tracer/base';
import { mergeTrace, SpanTree, type Span } from '@tracer/span-model';
import { sketchSpan } from '../../../storage/src/testing/span-store.contract.js';
import { startTestDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { Database } from '../database.js';
import { PostgresSpanStore } from './postgres-span-store.js';
import { PostgresTraceReads } from './postgres-trace-reads.js';

const TRACE = '00000000000000d100000000000000d1';
const OTHER_HIGH = '00000000000000d200000000000000d1';
const SPANS = 300;
const hex = (number: number): string => number.toString(16).padStart(16, '0');

let server: TestDatabase;
let database: Database;
let store: PostgresSpanStore;
let reads: PostgresTraceReads;

/** A bush whose ids and starts are not in the order of storing; one parent is missing. */
function bush(): Span[] {
  return Array.from({ length: SPANS }, (_, at) => {
    const span = sketchSpan({ trace: TRACE, id: hex(((at * 7919) % SPANS) + 1) });
    span.parentId = at === 0 ? undefined : hex(((Math.floor((at - 1) / 5) * 7919) % SPANS) + 1);
    if (at === 17) span.parentId = hex(9_999);
    span.startNs = (span.startNs ?? 0n) + BigInt((at * 31) % 97) * 1_000_000n;
    return span;
  });
}

beforeAll(async () => {
  server = await startTestDatabase();
  database = new Database(server.url, silent);
  await database.open();
  store = new PostgresSpanStore(database.source);
  reads = new PostgresTraceReads(database.source);
  const spans = bush();
  await store.insert([{ tenant: '0', spans: spans.slice(0, 200) }]);
  await store.insert([
    { tenant: '0', spans: spans.slice(200) },
    { tenant: '0', spans: [sketchSpan({ trace: OTHER_HIGH })] },
    { tenant: 'other', spans: [sketchSpan({ trace: TRACE })] },
  ]);
}, 60_000);
afterAll(async () => {
  await database.close();
  await server.stop();
});

describe('PostgresTraceReads', () => {
  it('outlines a trace as the tree of its spans, and reads what a window shows', async () => {
    const stored = await reads.outline('0', TRACE, SPANS);
    const tree = new SpanTree(mergeTrace(await store.trace('0', TRACE, { strict: true })));
    expect([stored?.outline.spanCount, stored?.outline.orphans, stored?.services]).toEqual([SPANS, 1, ['frontend']]);
    const window = { offset: 20, limit: 50 };
    const shown = stored?.outline.window(window).rows ?? [];
    const spans = await reads.spansAt(
      '0',
      TRACE,
      shown.map(({ index }) => stored?.seqs[index] ?? 0),
    );
    const rows = shown.map((row, at) => ({ ...row, span: spans[at] }));
    expect(rows).toMatchObject(tree.window(window).rows.map((row) => ({ ...row })));
  });

  it('has no outline of small traces, and none of those that need merging', async () => {
    expect(await reads.outline('0', TRACE, SPANS + 1)).toBeUndefined();
    expect(await reads.outline('other', TRACE, 2)).toBeUndefined();
    const twice = sketchSpan({ trace: hex(0xd3) });
    await store.insert([{ tenant: '0', spans: [twice, twice] }]);
    expect(await reads.outline('0', hex(0xd3), 2)).toBeUndefined();
  });

  it.each([1, 7, SPANS, 1000])('gives pages of %d spans, in the order of storing', async (size) => {
    const all: Span[] = [];
    for await (const page of reads.pages('0', TRACE, { strict: true }, size)) {
      expect(page.length).toBeLessThanOrEqual(size);
      all.push(...page);
    }
    expect(all).toEqual(await store.trace('0', TRACE, { strict: true }));
  });

  it('takes a tenant as text, whatever it is', async () => {
    for (const evil of [`0' OR '1'='1`, '\\', "';--"]) expect(await reads.outline(evil, TRACE, 1)).toBeUndefined();
    const lenient: Span[] = [];
    for await (const page of reads.pages('0', TRACE, { strict: false }, 1000)) lenient.push(...page);
    expect(lenient).toHaveLength(SPANS + 1);
  });
});
