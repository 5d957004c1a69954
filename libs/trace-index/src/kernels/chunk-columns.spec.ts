import { describe, expect, it } from '@jest/globals';
import { DurationSketch } from '../query/duration-sketch.js';
import { timeBox, type Random } from '../testing/time-box.js';
import { ChunkColumns, COLUMNS, MOVES, type ChunkExtremes, type ColumnViews } from './chunk-columns.js';
import { KIND, LineScanner } from './line-scanner.js';
import { TraceKernels } from './trace-kernels.js';

const FUZZ_MS = Number(process.env['FUZZ_MS'] ?? 400);
const ALL = COLUMNS.classes | COLUMNS.lanes | COLUMNS.durations | COLUMNS.times | COLUMNS.transfers;
const kernels = new TraceKernels();
const scanner = new LineScanner(kernels);
const columns = new ChunkColumns(kernels);
const area = kernels.allocate(8 << 20);

function scan(lines: readonly string[]): void {
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  kernels.bytes.set(bytes, area);
  scanner.scan(area, area + bytes.length, () => undefined);
}

interface Columns {
  transfers: number[];
  classes: number[];
  lanes: number[];
  ts: number[];
  dur: number[];
}

/** Every third class moves bytes, every fourth one items. */
const movesOf = (id: number): number =>
  id < 4 ? MOVES.nothing : id % 3 === 0 ? MOVES.bytes : id % 4 === 0 ? MOVES.items : MOVES.nothing;

function transferOf(id: number, returned: number, size: number): number {
  const bytes = returned > 0 ? returned : 0;
  if (movesOf(id) === MOVES.nothing) return NaN;
  return movesOf(id) === MOVES.items && size > 1 ? bytes * size : bytes;
}

/** The scanner's rows, copied. */
function rows(): Columns {
  const { count, ...at } = scanner.rows;
  const [returned, sizes] = [kernels.f64(at.returned, count), kernels.f64(at.itemSizes, count)];
  const ids = kernels.u32(at.classes, count);
  return {
    transfers: Array.from(ids, (id, i) => transferOf(id, returned[i] ?? NaN, sizes[i] ?? NaN)),
    classes: [...kernels.u32(at.classes, count)],
    lanes: [...kernels.u32(at.lanes, count)],
    ts: [...kernels.f64(at.ts, count)],
    dur: [...kernels.f64(at.dur, count)],
  };
}

const resolved = (views: ColumnViews): Columns => ({
  classes: [...views.classes].map((place) => views.classList[place] ?? -1),
  lanes: [...views.lanes].map((place) => views.laneList[place] ?? -1),
  ts: [...views.ts],
  dur: [...views.dur],
  transfers: [...views.transfers],
});

const reset = (): void => {
  scanner.reset();
  columns.reset();
};

function roundTrip(lines: readonly string[], chunk = 0): { bytes: number; decoded: Columns; want: Columns } {
  scanner.beginChunk(chunk);
  scan(lines);
  const want = rows();
  columns.setMoves(
    1,
    Uint32Array.from({ length: scanner.classes.count }, (_, i) => movesOf(i + 1)),
  );
  columns.fold(scanner, chunk);
  const segment = Buffer.from(columns.encode());
  return { bytes: segment.length, want, decoded: resolved(columns.decode(segment, want.ts.length, ALL)) };
}

const US = 1_713_456_789_012_345;
type Numbers = (random: Random, i: number) => string | number | undefined;
const TIMES: Numbers[] = [
  (_, i) => US + i * 7,
  (random) => US + random.below(1000),
  (random) => US + random.below(2 ** 31) * 5,
  (random) => random.pick([0, '-0', 5, -5, 2 ** 51, -(2 ** 51), 2 ** 53, 0.5, 1e300]),
  (random) => (random.chance(0.3) ? undefined : US + random.below(1e6)),
  () => undefined,
  (random, i) => US + i + random.below(2) * 2 ** 32,
];
const DURATIONS: Numbers[] = [
  (random) => random.below(50) + (random.chance(0.02) ? random.below(2 ** 31) : 0),
  () => 12,
  (random) => random.pick([0, '-0', 2 ** 32 - 1, 2 ** 32, -3, 0.25, 1e300]),
  (random) => (random.chance(0.3) ? undefined : random.below(900)),
  () => undefined,
  (random) => (random.chance(0.5) ? undefined : random.next()),
];

const MOVED: Numbers[] = [
  (random) => random.pick([4096, 65_536, 131_072]),
  (random) => random.below(2 ** 30),
  (random) => random.pick([-1, 0, 1e300, 0.5, 2 ** 32, undefined]),
  () => undefined,
];

function randomLines(random: Random): string[] {
  const [ts, dur, ret] = [random.pick(TIMES), random.pick(DURATIONS), random.pick(MOVED)];
  const names = 1 + random.below(random.pick([3, 40, 700]));
  const lanes = 1 + random.below(random.pick([1, 8, 300]));
  const member = (key: string, value: string | number | undefined): string =>
    value === undefined ? '' : `"${key}":${value},`;
  return Array.from({ length: random.below(random.pick([3, 130, 3000])) }, (_, i) => {
    if (random.chance(0.02)) return random.pick(['[', 'nonsense', '{"ph":"M","ts":3}', '{}']);
    const tid = random.below(lanes);
    const numbers = member('ts', ts(random, i)) + member('dur', dur(random, i));
    return `{"name":"n${random.below(names)}","cat":"c","pid":${tid & 3},"tid":${tid},${numbers}"ph":"X","args":{${member('ret', ret(random, i))}"size":${random.below(3)}}}`;
  });
}

describe('ChunkColumns', () => {
  it('gives the rows back that it was given, whatever they are', () => {
    timeBox('columns', FUZZ_MS, 30, (random) => {
      reset();
      for (let chunk = 0; chunk < 3; chunk++) {
        const { decoded, want } = roundTrip(randomLines(random), chunk);
        expect(decoded).toEqual(want);
      }
    });
  });

  it('needs few bits for a usual trace', () => {
    reset();
    let at = 0;
    const calls = Array.from({ length: 2500 }, (_, i) => {
      const dur = (i * 7919) % 60;
      at += 100 + dur;
      return `{"id":${i},"name":"n${i % 30}","cat":"c","pid":1,"tid":${i % 20},"ts":${US + at},"dur":${dur},"ph":"X"}`;
    });
    expect((roundTrip(calls).bytes * 8) / calls.length).toBeLessThan(32);
  });

  it('reads only the columns that are asked for', () => {
    reset();
    scan(['{"name":"a","cat":"b","pid":1,"tid":2,"ts":5,"dur":1,"ph":"X"}']);
    columns.fold(scanner, 0);
    const segment = Buffer.from(columns.encode());
    expect(columns.decode(segment, 1, COLUMNS.classes).classList).toHaveLength(1);
    expect([...columns.decode(segment, 1, COLUMNS.times).ts]).toEqual([5]);
    expect([...columns.decode(segment, 1, COLUMNS.durations).dur]).toEqual([1]);
  });

  it('refuses bytes that are no segment, and never reads outside them', () => {
    timeBox('damaged segments', FUZZ_MS, 50, (random) => {
      reset();
      scan(randomLines(random));
      columns.fold(scanner, 0);
      const count = scanner.rows.count;
      const segment = Buffer.from(columns.encode());
      for (let n = 1 + random.below(3); n > 0; n--) segment[random.below(segment.length)] = random.below(256);
      const cut = segment.subarray(0, random.chance(0.5) ? random.below(segment.length) : segment.length);
      try {
        columns.decode(cut, count, ALL);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
        expect((error as Error).message).toContain('does not hold');
      }
    });
    expect(() => columns.decode(Buffer.alloc(3), 1, ALL)).toThrow(RangeError);
  });
});

/** Adding 0 turns -0 into 0; comparisons do not know the difference. */
const withoutMinusZero = (extremes: ChunkExtremes): object =>
  Object.fromEntries(Object.entries(extremes).map(([key, value]) => [key, (value as number) + 0]));

const nonZero = (counts: Uint32Array): Map<number, number> =>
  new Map([...counts.entries()].filter(([, count]) => count > 0));

describe('ChunkColumns.fold', () => {
  it('counts and spans the events, and nothing else', () => {
    timeBox('fold', FUZZ_MS, 20, (random) => {
      reset();
      const counts = new Map<number, number>();
      const laneCounts = new Map<number, number>();
      const sketch = new DurationSketch();
      for (let chunk = 0; chunk < 2; chunk++) {
        scanner.beginChunk(chunk);
        scan(randomLines(random));
        const { classes, lanes, ts, dur } = rows();
        const kinds = scanner.classes.words();
        const events = classes.map((id) => kinds[id * 4 + 3] === KIND.event);
        const pick = (values: number[]): number[] => values.filter((value, i) => events[i] && !Number.isNaN(value));
        classes.forEach((id) => counts.set(id, (counts.get(id) ?? 0) + 1));
        lanes.forEach((id, i) => events[i] && laneCounts.set(id, (laneCounts.get(id) ?? 0) + 1));
        const durations = pick(dur);
        durations.forEach((value) => {
          sketch.add(value);
        });
        const mean = durations.reduce((a, b) => a + b, 0) / durations.length;
        const got = columns.fold(scanner, chunk);
        expect(withoutMinusZero({ ...got, durSquares: 0 })).toEqual({
          events: events.filter(Boolean).length,
          durations: durations.length,
          tsMin: Math.min(Infinity, ...pick(ts)) + 0,
          tsMax: Math.max(-Infinity, ...pick(ts)) + 0,
          endMax: Math.max(
            -Infinity,
            ...pick(ts.map((value, i) => value + (Number.isNaN(dur[i]) ? 0 : (dur[i] ?? 0)))),
          ),
          durMin: Math.min(Infinity, ...durations) + 0,
          durMax: Math.max(-Infinity, ...durations) + 0,
          durSum: durations.reduce((a, b) => a + b, 0) + 0,
          durSquares: 0,
        });
        const squares = durations.reduce((a, b) => a + (b - mean) ** 2, 0);
        if (squares < 1e100)
          expect(Math.abs(got.durSquares - squares)).toBeLessThanOrEqual(1e-9 * Math.max(1, squares));
        expect([...columns.classList].sort()).toEqual([...new Set(classes)].sort());
      }
      const classTotals = columns.classCounts(scanner.classes.count + 1);
      expect(nonZero(classTotals)).toEqual(counts);
      const laneTotals = columns.laneCounts(scanner.lanes.count + 1);
      expect(nonZero(laneTotals)).toEqual(laneCounts);
      const buckets = columns.sketchBuckets().sort(([a], [b]) => a - b);
      expect(buckets).toEqual(sketch.buckets().map(({ bucket, count }) => [bucket, count]));
    });
  });
});
