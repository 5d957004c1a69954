import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { paletteOf, sliceText } from './colours.js';
import { placeRows, rowsInView, rowsOf, type LaneFact } from './lane-rows.js';
import { minimapGrip, overviewOf } from './minimap.js';
import { depthsOf, hasFailed, MAX_DEPTH, packTile } from './pack-tile.js';
import { ancestorOf, binUs, levelOf, rootTile, TILE_BINS, tileFromUs, tilesOf, tileUs } from './tile-grid.js';
import {
  clampView,
  epochUs,
  NARROWEST_US,
  offsetUs,
  panned,
  spanOf,
  ticksOf,
  usAt,
  xOf,
  zoomAround,
} from './time-view.js';

const BOUNDS = { originUs: 1_795_260_521_248_277n, lengthUs: 60e6 };

describe('the time axis', () => {
  const view = fc
    .tuple(fc.double({ min: -1e6, max: 7e7, noNaN: true }), fc.double({ min: 0.001, max: 1e9, noNaN: true }))
    .map(([fromUs, span]) => ({ fromUs, toUs: fromUs + span }));

  it('keeps every microsecond of an epoch time', () => {
    for (const us of [0, 1, 59_999_999]) expect(offsetUs(epochUs(us, BOUNDS), BOUNDS)).toBe(us);
    expect(epochUs(0.75, BOUNDS)).toBe(BOUNDS.originUs);
  });

  it('never leaves the trace nor gets too narrow, however it is moved', () => {
    fc.assert(
      fc.property(
        view,
        fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
        fc.integer({ min: -1e9, max: 1e9 }),
        (v, by, pan) => {
          const shown = clampView(v, BOUNDS);
          for (const next of [
            shown,
            zoomAround(shown, usAt(300, shown, 1000), by, BOUNDS),
            panned(shown, pan, BOUNDS),
          ]) {
            expect(spanOf(next)).toBeGreaterThanOrEqual(NARROWEST_US * 0.999);
            expect(next.toUs).toBeGreaterThan(0);
            expect(next.fromUs).toBeLessThan(BOUNDS.lengthUs);
          }
        },
      ),
    );
  });

  it('zooms around the moment under the pointer', () => {
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 800 }), fc.double({ min: 0.2, max: 1, noNaN: true }), (x, factor) => {
        const before = { fromUs: 20e6, toUs: 30e6 };
        const at = usAt(x, before, 1000);
        const after = zoomAround(before, at, factor, BOUNDS);
        expect(xOf(at, after, 1000)).toBeCloseTo(x, 3);
      }),
    );
  });

  it('marks round moments', () => {
    expect(ticksOf({ fromUs: -1, toUs: 10e6 }, 640).map(({ label }) => label)).toEqual([
      ...['0', '2 s', '4 s', '6 s', '8 s', '10 s'],
    ]);
    expect(ticksOf({ fromUs: 5_000_100, toUs: 5_000_102 }, 260).map(({ label }) => label)).toContain('5.000101 s');
    expect(ticksOf({ fromUs: 0, toUs: 7200e6 }, 700).map(({ label }) => label)).toEqual([
      ...['0', '30 min', '1 h', '1 h 30 min', '2 h'],
    ]);
    fc.assert(
      fc.property(view, fc.integer({ min: 100, max: 4000 }), (v, width) => {
        const ticks = ticksOf(v, width);
        expect(ticks.length).toBeLessThanOrEqual(width / 60 + 2);
        expect(new Set(ticks.map(({ label }) => label)).size).toBe(ticks.length);
      }),
    );
  });
});

describe('tiles', () => {
  it('cover a view without a gap, with bins of half a pixel to a pixel', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 5e7, noNaN: true }),
        fc.double({ min: 1500, max: 5e7, noNaN: true }),
        (fromUs, span) => {
          const view = { fromUs, toUs: fromUs + span };
          const level = levelOf(view, 1400);
          const pixelUs = span / 1400;
          expect(binUs(level)).toBeLessThanOrEqual(pixelUs);
          expect(binUs(level)).toBeGreaterThan(pixelUs / 2);
          const indexes = tilesOf(view, level, 1e9)
            .map(({ index }) => index)
            .sort((a, b) => a - b);
          expect(tileFromUs({ level, index: indexes[0] ?? -1 })).toBeLessThanOrEqual(fromUs);
          expect(tileFromUs({ level, index: (indexes.at(-1) ?? -1) + 1 })).toBeGreaterThan(view.toUs);
          expect(indexes.length).toBe((indexes.at(-1) ?? 0) - (indexes[0] ?? 0) + 1);
          expect(indexes.length).toBeLessThanOrEqual((1400 * 2) / TILE_BINS + 2);
        },
      ),
    );
  });

  it('lie inside their ancestors', () => {
    fc.assert(
      fc.property(fc.nat(30), fc.nat(100_000), fc.nat(10), (level, index, up) => {
        const [key, above] = [{ level, index }, ancestorOf({ level, index }, up)];
        expect(tileFromUs(above)).toBeLessThanOrEqual(tileFromUs(key));
        expect(tileFromUs(above) + tileUs(above.level)).toBeGreaterThanOrEqual(tileFromUs(key) + tileUs(level));
      }),
    );
  });
});

describe('packTile', () => {
  const record = (
    name: string,
    ts: number | string,
    dur: number | string | undefined,
    args = {},
    tid: number | string = 7,
  ) => ({
    ...{ name, pid: 7, tid, ts, ph: 'X', args },
    ...(dur !== undefined && { dur }),
  });
  const origin = 1_795_260_521_248_277;
  const slicesOf = (events: object[], truncated = false) =>
    packTile({ level: 0, index: 0 }, origin, {
      slices: { events, metadata: { truncated } },
      everyEvent: true,
    });

  it('stands calls inside calls below each other and keeps their times exactly', () => {
    const tile = slicesOf([
      record('inner', origin + 10, 5),
      record('outer', origin, 100),
      record('later', origin + 100, 1),
      record('innermost', origin + 11, 1),
    ]);
    const lane = tile.slices.get('7:7');
    expect([...(lane?.startUs ?? [])]).toEqual([0, 10, 11, 100]);
    expect([...(lane?.depth ?? [])]).toEqual([0, 1, 2, 0]);
    expect([...(lane?.name ?? [])].map((at) => tile.names[at])).toEqual(['outer', 'inner', 'innermost', 'later']);
    expect(tile).toMatchObject({ complete: true, cut: false, maxDepth: 2, events: 4 });
  });

  it('gives a call the same row when the short ones are left out', () => {
    const call = fc.tuple(fc.nat(200), fc.nat(100)).map(([startUs, durUs]) => ({ startUs, durUs: durUs + 1 }));
    fc.assert(
      fc.property(fc.array(call, { maxLength: 12 }), fc.nat(60), (calls, least) => {
        // Calls of a thread lie inside or beside each other.
        const nested = calls.filter((a) =>
          calls.every((b) => {
            const apart = a.startUs + a.durUs <= b.startUs || b.startUs + b.durUs <= a.startUs;
            const inside =
              (a.startUs >= b.startUs && a.startUs + a.durUs <= b.startUs + b.durUs) ||
              (b.startUs >= a.startUs && b.startUs + b.durUs <= a.startUs + a.durUs);
            return apart || inside;
          }),
        );
        const sorted = nested.sort((a, b) => a.startUs - b.startUs || b.durUs - a.durUs);
        const depths = depthsOf(sorted);
        const kept = sorted.map((slice, at) => ({ ...slice, row: depths[at] })).filter(({ durUs }) => durUs >= least);
        expect([...depthsOf(kept)]).toEqual(kept.map(({ row }) => row));
      }),
    );
  });

  it('has a last row for what is nested too deep', () => {
    const deep = Array.from({ length: 40 }, (_, at) => ({ startUs: at, durUs: 100 - 2 * at }));
    expect(Math.max(...depthsOf(deep))).toBe(MAX_DEPTH - 1);
  });

  it('reads old traces, leaves out metadata and times that are none, marks failures', () => {
    const tile = slicesOf([
      record('a', String(origin), '4', { ret: -1 }, '7'),
      { name: 'thread_name', ph: 'M', pid: 7, tid: 7, ts: origin },
      record('b', 'x', 1),
      { name: 3, pid: null, ts: origin + 1 },
    ]);
    expect(tile.slices.get('7:7')).toMatchObject({ failed: Uint8Array.of(1), durUs: Float64Array.of(4) });
    expect(tile.slices.get(':')?.durUs).toEqual(Float64Array.of(0));
    expect(tile.names).toEqual(['a', '3']);
    expect([{ ret: -2 }, { error: 'ENOENT' }, { errno: 2 }].map(hasFailed)).toEqual([true, true, true]);
    expect([{ ret: 0 }, {}, { error: '' }, { errno: 0 }, null, 'x'].map(hasFailed)).toEqual(Array(6).fill(false));
  });

  it('shows density alone where slices were cut, never half of them', () => {
    const density = {
      events: 9000,
      names: ['read', 'write'],
      lanes: [{ pid: 7, tid: null, bin: [0, 511], count: [5, 8995], busy_us: [0.5, 7], top: [1, 0] }],
    };
    const tile = packTile({ level: 0, index: 3 }, origin, {
      density,
      slices: { events: [record('read', origin, 1)], metadata: { truncated: true } },
      everyEvent: false,
    });
    expect(tile).toMatchObject({ complete: false, cut: true, events: 9000 });
    expect(tile.slices.size).toBe(0);
    const lane = tile.density.get('7:');
    expect([...(lane?.busy ?? [])]).toEqual([0.5, 1]);
    expect([...(lane?.top ?? [])].map((at) => tile.names[at])).toEqual(['write', 'read']);
  });
});

describe('rows', () => {
  const fact = (pid: number, tid: number, more: Partial<LaneFact> = {}): LaneFact => ({
    ...{ file: 'a', pid, tid, host: 'n1', events: 1, busy_us: 10 },
    ...more,
  });
  const choice = { folded: new Set<string>(), pinned: new Set<string>(), depthOf: () => 2 };
  const facts = [
    fact(20, 21),
    fact(20, 20),
    fact(3, 3, { host: 'n10' }),
    fact(20, 20, { file: 'b' }),
    fact(5, 5, { host: 'n2' }),
  ];

  it('groups by host and process, numbers in their order, the main thread first', () => {
    expect(rowsOf(facts, choice).map(({ label, events }) => `${label}=${events}`)).toEqual([
      ...['n1=3', 'process · pid 20=3', 'thread 20=2', 'thread 21=1'],
      ...['n2=1', 'process · pid 5=1', 'thread 5=1', 'n10=1', 'process · pid 3=1', 'thread 3=1'],
    ]);
  });

  it('folds groups, which then show what they hold, and puts pinned threads on top', () => {
    const rows = rowsOf(facts, { ...choice, folded: new Set(['g:n1']), pinned: new Set(['20:21']) });
    expect(rows.map(({ id }) => id)).toEqual([
      'p:20:21',
      'g:n1',
      'g:n2',
      'g:n2/process · pid 5',
      '5:5',
      'g:n10',
      'g:n10/process · pid 3',
      '3:3',
    ]);
    expect(rows[1]).toMatchObject({ folded: true, lanes: ['20:20', '20:21'] });
  });

  it('sorts ranks by number', () => {
    const ranked = [10, 2].map((rank) => fact(rank === 2 ? 99 : 1, 1, { rank: String(rank) }));
    expect(
      rowsOf(ranked, choice)
        .filter(({ kind }) => kind === 'inner')
        .map(({ label }) => label),
    ).toEqual([...['rank 2 · pid 99', 'rank 10 · pid 1']]);
  });

  it('finds the rows in view', () => {
    const { rows, height } = placeRows(
      rowsOf(
        Array.from({ length: 50 }, (_, at) => fact(1, at + 1)),
        choice,
      ),
    );
    fc.assert(
      fc.property(fc.nat(height), fc.integer({ min: 1, max: 900 }), (scroll, tall) => {
        const slow = rows.filter(({ top, height: high }) => top + high > scroll && top < scroll + tall);
        expect(rowsInView(rows, scroll, tall)).toEqual(slow);
      }),
    );
  });
});

describe('the minimap', () => {
  it('takes hold of edges, the window, or begins a new one', () => {
    const view = { fromUs: 20e6, toUs: 30e6 };
    const at = (x: number) => minimapGrip(x, view, BOUNDS, 600);
    expect([198, 303, 250, 100].map(at)).toEqual(['left', 'right', 'move', 'new']);
    expect(minimapGrip(300, { fromUs: -1, toUs: 61e6 }, BOUNDS, 600)).toBe('new');
  });

  it('sums lanes up, of density and of slices', () => {
    const lane = (tid: number, bin: number[], busy: number[]) => ({
      ...{ pid: 1, tid, bin, busy_us: busy, count: busy.map(() => 0), top: busy.map(() => 0) },
    });
    const density = { events: 9, names: ['a'], lanes: [lane(1, [0, 2], [0.25, 0.5]), lane(2, [2], [0.5])] };
    const dense = packTile({ level: 0, index: 0 }, 0, { density, everyEvent: false });
    expect([...overviewOf(dense, 2.5)]).toEqual([0.5, 0, 1]);
    const call = (ts: number, dur: number) => ({ name: 'a', pid: 1, tid: 1, ts, dur, ph: 'X' });
    const slices = { events: [call(0, 1), call(2, 4), call(3, 1)], metadata: { truncated: false } };
    const sliced = packTile({ level: 1, index: 0 }, 0, { slices, everyEvent: true });
    expect([...overviewOf(sliced, 7)].map((share) => Number(share.toFixed(3)))).toEqual([0.707, 1, 1, 0]);
  });

  it('knows the one tile that holds everything', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e13, noNaN: true }), (lengthUs) => {
        const root = rootTile(lengthUs);
        expect(tileUs(root.level)).toBeGreaterThan(lengthUs);
        if (root.level > 0) expect(tileUs(root.level - 1)).toBeLessThan(lengthUs + 2);
      }),
    );
  });
});

describe('colours', () => {
  const luminance = (hex: string): number => {
    const parts = [1, 3, 5]
      .map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * (parts[0] ?? 0) + 0.7152 * (parts[1] ?? 0) + 0.0722 * (parts[2] ?? 0);
  };

  it.each([true, false])('leave names on slices readable, dark %s', (dark) => {
    for (const fill of paletteOf(dark)) {
      const contrast = (luminance(fill) + 0.05) / (luminance(sliceText(dark)) + 0.05);
      expect(contrast).toBeGreaterThanOrEqual(4.5);
    }
  });
});
