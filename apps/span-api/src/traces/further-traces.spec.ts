import { describe, expect, it } from '@jest/globals';
import { Span } from '@tracer/span-model';
import { InMemorySpanStore } from '@tracer/storage';
import { withFurtherTraceReads, withFurtherTraces } from './further-traces.js';

const LOOSE = { strict: false };
const OWN = '646d2d7472616365000000000000002a';
const OTHER = '000000000000002a';
const span = (traceId: string, name: string): Span =>
  Object.assign(new Span('otlp', traceId, '1'.repeat(16)), { name });

const source = (id: string, name: string): { trace: (traceId: string) => Promise<Span[]> } => ({
  trace: (traceId) => Promise.resolve(traceId === id ? [span(id, name)] : []),
});

async function opened(): Promise<ReturnType<typeof withFurtherTraces>> {
  const spans = new InMemorySpanStore();
  await spans.insert([{ tenant: '0', spans: [span(OTHER, 'stored')] }]);
  return withFurtherTraces(spans, [source('f'.repeat(32), 'first'), source(OWN, 'further')]);
}
const names = (traces: readonly Span[][]): string[] => traces.flat().map(({ name }) => name);

describe('withFurtherTraces', () => {
  it('finds traces of the store and of the sources, each by its id, however loosely ids match', async () => {
    const store = await opened();
    for (const [id, name] of [
      [OTHER, 'stored'],
      [OWN, 'further'],
      ['f'.repeat(32), 'first'],
      ['e'.repeat(32), undefined],
    ] as const)
      expect(names([await store.trace('0', id, LOOSE)])).toEqual(name === undefined ? [] : [name]);
    expect(names(await store.traces('0', [OWN, OTHER, OWN, 'e'.repeat(32)], LOOSE)).sort()).toEqual([
      'further',
      'stored',
    ]);
    expect(names(await store.traces('0', [OWN], LOOSE))).toEqual(['further']);
  });

  it('gives other tenants nothing of the sources', async () => {
    const store = await opened();
    expect(await store.trace('1', OWN, LOOSE)).toEqual([]);
    expect(await store.traces('1', [OWN, OTHER], LOOSE)).toEqual([]);
  });
});

describe('withFurtherTraceReads', () => {
  it('gives what the sources have as one page, and all else in those of the store', async () => {
    const reads = withFurtherTraceReads(
      {
        outline: () => Promise.resolve(undefined),
        spansAt: () => Promise.resolve([]),
        async *pages() {
          await Promise.resolve();
          yield [span(OTHER, 'stored')];
          yield [span(OTHER, 'stored too')];
        },
      },
      [source(OWN, 'further')],
    );
    const pages = async (tenant: string, id: string): Promise<string[][]> => {
      const all: string[][] = [];
      for await (const page of reads.pages(tenant, id, LOOSE, 10)) all.push(names([page]));
      return all;
    };
    expect(await pages('0', OWN)).toEqual([['further']]);
    expect(await pages('0', OTHER)).toEqual([['stored'], ['stored too']]);
    expect(await pages('1', OWN)).toEqual([['stored'], ['stored too']]);
    expect([await reads.outline('0', OWN, 1), await reads.spansAt('0', OWN, [1])]).toEqual([undefined, []]);
  });
});
