import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Endpoint } from '../endpoint.js';
import type { SpanKind } from '../span.js';
import { ColumnLinker } from './column-linker.js';
import { DependencyLinker, type LinkPart } from './dependency-links.js';
import { LinkColumns, TextNumbers, UNKNOWN_TEXT } from './link-columns.js';

interface Row extends LinkPart {
  readonly startUs: number | undefined;
}

const hex = (n: number): string => n.toString(16).padStart(16, '0');
const half = (digits: string, from: number): number => parseInt(digits.slice(from, from + 8), 16) | 0;

/** Few ids, so that they repeat, miss their parents and form loops; high halves that differ from low ones. */
const id = fc.constantFrom(1, 2, 3, 4, 5, 6, 0xfedcba98).map((n) => (hex(n).slice(8) + hex(n).slice(8)).slice(0, 16));
const name = fc.option(fc.constantFrom('web', 'api', 'db'), { nil: undefined });
const row = (traces: number, shared: fc.Arbitrary<boolean>): fc.Arbitrary<Row> =>
  fc.record({
    traceId: fc.integer({ min: 1, max: traces }).map((n) => hex(n * 0x80000001)),
    id,
    parentId: fc.option(id, { nil: undefined }),
    kind: fc.constantFrom<SpanKind>(0, 1, 2, 3, 4, 5),
    shared,
    localEndpoint: fc
      .tuple(name, fc.constantFrom(0, 0, 80))
      .map(([service = '', port]) => Endpoint.of(service, undefined, undefined, port)),
    remoteServiceName: name,
    failed: fc.boolean(),
    startUs: fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined }),
  });
const oneNode = fc.array(row(3, fc.boolean()), { maxLength: 24 });
const simple = fc.uniqueArray(row(2, fc.constant(false)), {
  maxLength: 14,
  selector: (each) => each.traceId + each.id,
});

function columnLinks(rows: readonly Row[], fromUs: number, toUs: number): unknown {
  const names = new TextNumbers();
  const columns = new LinkColumns();
  const numberOf = (text: string | undefined): number => (text === undefined ? UNKNOWN_TEXT : names.numberOf(text));
  for (const one of rows) {
    const at = columns.add();
    columns.traceHigh[at] = half(one.traceId, 0);
    columns.traceLow[at] = half(one.traceId, 8);
    columns.idHigh[at] = half(one.id, 0);
    columns.idLow[at] = half(one.id, 8);
    columns.parentHigh[at] = one.parentId === undefined ? 0 : half(one.parentId, 0);
    columns.parentLow[at] = one.parentId === undefined ? 0 : half(one.parentId, 8);
    columns.startUs[at] = one.startUs ?? NaN;
    columns.kind[at] = one.kind;
    columns.shared[at] = Number(one.shared);
    columns.failed[at] = Number(one.failed);
    columns.service[at] = numberOf(one.localEndpoint?.lowerServiceName);
    columns.remote[at] = numberOf(one.remoteServiceName);
    columns.address[at] = numberOf(one.localEndpoint?.port === 80 ? '80' : undefined);
  }
  const linker = new ColumnLinker(names, (service, address) =>
    Endpoint.of(service ?? '', undefined, undefined, Number(address ?? 0)),
  );
  linker.add(columns, fromUs, toUs);
  return linker.links();
}

function plainLinks(rows: readonly Row[], fromUs: number, toUs: number): unknown {
  const traces = new Map<string, Row[]>();
  for (const one of rows) traces.set(one.traceId, [...(traces.get(one.traceId) ?? []), one]);
  const linker = new DependencyLinker();
  for (const parts of traces.values()) {
    const starts = (of: readonly Row[]): number[] =>
      of.flatMap(({ startUs }) => (startUs === undefined ? [] : [startUs]));
    const roots = starts(parts.filter(({ parentId }) => parentId === undefined));
    const timeUs = Math.min(...(roots.length > 0 ? roots : starts(parts)));
    if (timeUs >= fromUs && timeUs <= toUs) linker.addTrace(parts);
  }
  return linker.links();
}

describe('ColumnLinker', () => {
  it.each([
    ['traces of any form', oneNode],
    ['simple traces', simple],
  ])('counts as DependencyLinker does: %s', (_, rows) => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 }), (given, from, length) => {
        expect(columnLinks(given, from, from + length)).toEqual(plainLinks(given, from, from + length));
      }),
      { numRuns: 1500 },
    );
  });

  it('takes a chain of any length, and many traces', () => {
    const row = (traceId: string, n: number, kind: SpanKind): Row => ({
      traceId,
      id: hex(n + 1),
      parentId: n === 0 ? undefined : hex(n),
      kind,
      shared: false,
      localEndpoint: Endpoint.of(`s${n % 2}`),
      remoteServiceName: undefined,
      failed: n % 4 === 1,
      startUs: n,
    });
    const chain = Array.from({ length: 20_000 }, (_, n) => row('1', n, 2));
    expect(columnLinks(chain, 0, 0)).toEqual([
      { parent: 's0', child: 's1', callCount: 10_000, errorCount: 5_000 },
      { parent: 's1', child: 's0', callCount: 9_999, errorCount: 0 },
    ]);
    const many = Array.from({ length: 30_000 }, (_, n) => row(hex(Math.floor(n / 2) + 1), n % 2, 2));
    expect(columnLinks(many, 0, 0)).toEqual([{ parent: 's0', child: 's1', callCount: 15_000, errorCount: 15_000 }]);
  });
});
