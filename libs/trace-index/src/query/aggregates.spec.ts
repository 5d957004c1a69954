import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { eventOf, type EventFields } from '../testing/event-of.js';
import { DurationHistogram } from './duration-histogram.js';
import { DurationSketch } from './duration-sketch.js';
import type { EventSink } from './event-sink.js';
import { GroupTable, type GroupSpec } from './group-table.js';
import { IoSeries } from './io-series.js';
import { LaneTable } from './lane-table.js';
import { directionOf, transferOf } from './transfer.js';

describe('transferOf', () => {
  it('knows calls that move data by their names', () => {
    const reads = [
      'read',
      'pread64',
      'readv',
      'preadv2',
      'fread',
      '__read_chk',
      'fread_unlocked',
      'recvfrom',
      'MPI_File_read_at',
      'aio_read',
    ];
    const writes = ['write', 'pwrite', 'writev', 'fwrite', 'sendmsg', 'sendfile64', 'MPI_File_iwrite'];
    const others = ['readdir', 'readlink', 'thread', 'pthread_create', 'NPZReader.read_index', 'lseek64', '', 'READ'];
    expect([...reads, ...writes, ...others].map(directionOf)).toEqual([
      ...reads.map(() => 'read'),
      ...writes.map(() => 'write'),
      ...others.map(() => undefined),
    ]);
  });

  it('counts what was moved, not what was asked for', () => {
    const bytes = (name: string, args: EventFields['args'] = {}): number | undefined =>
      transferOf(eventOf({ name, args }))?.bytes;
    expect([
      bytes('read', { ret: 100, count: 4096 }),
      bytes('write', { ret: '3276800' }),
      bytes('read', { ret: -5 }),
      bytes('read'),
    ]).toEqual([100, 3276800, 0, 0]);
    expect([
      bytes('fread', { ret: 10, size: 8, count: 20 }),
      bytes('fwrite', { ret: 3 }),
      bytes('read', { bytes: 7 }),
      bytes('open', { ret: 3 }),
    ]).toEqual([80, 3, 7, undefined]);
  });
});

describe('IoSeries', () => {
  it('counts operations where they begin and spreads bytes and time', () => {
    const series = new IoSeries({ beginUs: 100, endUs: 140, buckets: 4 });
    for (const fields of [
      { name: 'read', ts: 105, dur: 20, args: { ret: 200 } },
      { name: 'write', ts: 130, args: { ret: 5 } },
      { name: 'open', ts: 139, dur: 100 },
      { name: 'read', ts: 90, dur: 20, args: { ret: 20 } },
      { name: 'read', ts: 200, args: { ret: 1 } },
      { name: 'read' },
    ])
      series.accept(eventOf(fields));
    expect([...series.operations]).toEqual([1, 0, 0, 2]);
    expect([[...series.readOperations], [...series.writeOperations]]).toEqual([
      [1, 0, 0, 0],
      [0, 0, 0, 1],
    ]);
    expect([[...series.readBytes], [...series.writeBytes]]).toEqual([
      [60, 100, 50, 0],
      [0, 0, 0, 5],
    ]);
    expect([[...series.busyUs], series.untimed]).toEqual([[15, 10, 5, 1], 1]);
  });

  it('loses no byte of what begins and ends inside', () => {
    const events = fc.array(fc.record({ ts: fc.integer({ min: 100, max: 200 }), dur: fc.nat(100), ret: fc.nat(1e6) }));
    fc.assert(
      fc.property(events, fc.integer({ min: 1, max: 30 }), (all, buckets) => {
        const series = new IoSeries({ beginUs: 100, endUs: 300, buckets });
        for (const { ret, ...fields } of all) series.accept(eventOf({ name: 'read', args: { ret }, ...fields }));
        const total = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);
        expect(total(series.operations)).toBe(all.length);
        expect(total(series.readBytes)).toBeCloseTo(
          all.reduce((sum, { ret }) => sum + ret, 0),
          3,
        );
        expect(total(series.busyUs)).toBeCloseTo(
          all.reduce((sum, { dur }) => sum + dur, 0),
          6,
        );
      }),
    );
  });

  it('can be one moment long', () => {
    const series = new IoSeries({ beginUs: 5, endUs: 5, buckets: 3 });
    series.accept(eventOf({ name: 'read', ts: 5, dur: 9, args: { ret: 4 } }));
    expect([...series.operations]).toEqual([1, 0, 0]);
  });
});

describe('DurationHistogram', () => {
  it('has edges at powers of two or parts of them, without holes', () => {
    const histogram = new DurationHistogram();
    for (const dur of [0, 1, 1.5, 2, 9, -1, undefined]) histogram.accept(eventOf({ dur }));
    expect(histogram.buckets(1)).toEqual([
      { fromUs: 1, toUs: 2, count: 2 },
      { fromUs: 2, toUs: 4, count: 1 },
      { fromUs: 4, toUs: 8, count: 0 },
      { fromUs: 8, toUs: 16, count: 1 },
    ]);
    expect(histogram.buckets(2)[0]).toEqual({ fromUs: 1, toUs: 1.5, count: 1 });
    expect([histogram.zero, histogram.negative, histogram.withoutDuration]).toEqual([1, 1, 1]);
    expect(new DurationHistogram().buckets(4)).toEqual([]);
  });

  it('puts every duration into the bucket that says so', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1e6 })), fc.constantFrom(1, 2, 8, 64), (all, perOctave) => {
        const histogram = new DurationHistogram();
        for (const dur of all) histogram.add(dur);
        for (const { fromUs, toUs, count } of histogram.buckets(perOctave))
          expect(count).toBe(all.filter((dur) => dur >= fromUs && dur < toUs).length);
      }),
    );
  });
});

describe('batches', () => {
  const kinds = [
    ...[undefined, 'read', 'fwrite', 'open', 'read'].map((name, at) => ({
      name,
      cat: `c${at % 2}`,
      ph: at === 4 ? 4 : 'X',
    })),
  ];
  const threads = [
    { pid: undefined, tid: undefined },
    { pid: 1, tid: 1 },
    { pid: 1, tid: 2 },
  ];
  const duration = fc.constantFrom(NaN, -3, 0, 1, 7, 20.5, 1e7);
  const rows = fc.array(
    fc.record({
      kind: fc.nat(kinds.length - 1),
      lane: fc.nat(threads.length - 1),
      ts: fc.constantFrom(NaN, 0, 5, 99, 100, 250.5),
      dur: duration,
      moved: fc.nat(1e6),
    }),
  );
  const sinks: Record<string, () => EventSink & object> = {
    LaneTable: () => new LaneTable(),
    IoSeries: () => new IoSeries({ beginUs: 0, endUs: 200, buckets: 7 }),
    DurationHistogram: () => new DurationHistogram(),
    ...Object.fromEntries(
      [[], ['name'], ['cat', 'tid'], ['ph', 'pid', 'file'], ['tid']].map((by) => [
        `GroupTable by ${by.join(', ')}`,
        () => new GroupTable({ by, timeBucketUs: 1, bytes: true, quantiles: by.length === 1, maxGroups: 3 }),
      ]),
    ),
  };
  const facts = (sink: object): unknown => {
    const { rows: groups, sketch, ...rest } = { rows: undefined, sketch: undefined, ...sink };
    const plain = (row: object): unknown =>
      Object.entries(row).map(([key, value]) => (value instanceof DurationSketch ? value.snapshot() : [key, value]));
    const values = Object.entries(rest).filter(([, value]) => typeof value !== 'function');
    return [values, (groups as object[] | undefined)?.map(plain), (sketch as DurationSketch | undefined)?.snapshot()];
  };
  const present = (value: number): number | undefined => (Number.isNaN(value) ? undefined : value);

  it.each(Object.keys(sinks))('come to what their events come to: %s', (name) => {
    fc.assert(
      fc.property(fc.array(rows), (batches) => {
        const [one, all] = [sinks[name]?.(), sinks[name]?.()] as [EventSink, EventSink];
        for (const batch of batches) {
          const transfers = batch.map(({ kind, moved }) => (directionOf(kinds[kind]?.name ?? '') ? moved : NaN));
          batch.forEach(({ kind, lane, ts, dur }, at) =>
            one.accept({
              ...eventOf({}),
              ...kinds[kind],
              ...threads[lane],
              ...{ ts: present(ts), dur: present(dur), transferBytes: present(transfers[at] ?? NaN) },
            }),
          );
          all.acceptBatch?.({
            count: batch.length,
            classes: Uint32Array.from(batch, ({ kind }) => kind),
            lanes: Uint32Array.from(batch, ({ lane }) => lane),
            ts: Float64Array.from(batch, ({ ts }) => ts),
            dur: Float64Array.from(batch, ({ dur }) => dur),
            transfers: Float64Array.from(transfers),
            ...{ kinds, threads },
          });
        }
        expect(all.acceptBatch).toBeDefined();
        expect(facts(all)).toEqual(facts(one));
      }),
    );
  });
});

describe('LaneTable', () => {
  it('adds up each lane', () => {
    const table = new LaneTable();
    for (const fields of [{ pid: 1, tid: 1, ts: 10, dur: 5 }, { pid: 1, tid: 1, ts: 5 }, { pid: 1, tid: 2 }, {}])
      table.accept(eventOf(fields));
    expect(table.rows).toEqual([
      { pid: 1, tid: 1, events: 2, minUs: 5, maxUs: 15, busyUs: 5 },
      { pid: 1, tid: 2, events: 1, minUs: Infinity, maxUs: -Infinity, busyUs: 0 },
      { pid: undefined, tid: undefined, events: 1, minUs: Infinity, maxUs: -Infinity, busyUs: 0 },
    ]);
  });
});

describe('GroupTable', () => {
  const spec: GroupSpec = { by: [], timeBucketUs: 100, bytes: true, quantiles: true, maxGroups: 100 };
  const table = (more: Partial<GroupSpec>, events: readonly EventFields[]): GroupTable => {
    const made = new GroupTable({ ...spec, ...more });
    made.context = { path: 'a.pfw', hashes: { FH: new Map([['7', '/data']]), HH: new Map(), SH: new Map() } };
    for (const fields of events) made.accept(eventOf(fields));
    return made;
  };
  const keys = (by: readonly string[], fields: EventFields): unknown => table({ by }, [fields]).rows[0]?.key;

  it('adds up durations and bytes', () => {
    const [row] = table({}, [
      { name: 'read', dur: 4, args: { ret: 10 } },
      { name: 'read', dur: 6 },
      { name: 'open' },
    ]).rows;
    expect(row).toMatchObject({ key: [], count: 3, timed: 2, sumUs: 10, minUs: 4, maxUs: 6, bytes: 10 });
    expect(row?.sketch?.quantile(1)).toBe(6);
  });

  it('groups by columns, places, resolved names, sizes and arguments', () => {
    const event = {
      name: 'read',
      cat: 'P',
      pid: 1,
      tid: 2,
      ph: 'X',
      ts: 250,
      args: { ret: 4097, fhash: 7, hhash: 'h', step: '3' },
    };
    expect(keys(['name', 'cat', 'pid', 'tid', 'ph', 'file'], event)).toEqual(['read', 'P', 1, 2, 'X', 'a.pfw']);
    expect(keys(['fname', 'hostname', 'time', 'size', 'args.step', 'args.ret'], event)).toEqual([
      '/data',
      'h',
      200,
      8192,
      '3',
      4097,
    ]);
    expect(keys(['name', 'ts', 'fname', 'time', 'size', 'args.x'], {})).toEqual([null, null, null, null, null, null]);
    expect(keys(['fname', 'size'], { name: 'read', args: { fname: '/inline', ret: 0 } })).toEqual(['/inline', 0]);
  });

  it('reads from lines only what columns do not have', () => {
    const reads = (by: readonly string[], bytes: boolean): string[] =>
      [...new GroupTable({ ...spec, by, bytes }).reads].sort();
    expect(reads(['name', 'pid', 'time', 'file'], false)).toEqual(['dur', 'name', 'pid', 'ts']);
    expect(reads(['args.x'], false)).toEqual(['args', 'dur']);
    expect(reads([], true)).toEqual(['dur', 'name', 'transfer']);
  });

  it('counts what belongs to groups beyond the limit', () => {
    const made = table({ by: ['name'], maxGroups: 1 }, [{ name: 'a' }, { name: 'b' }, { name: 'a' }]);
    expect([made.rows.length, made.rows[0]?.count, made.leftOut, made.matched]).toEqual([1, 2, 1, 3]);
  });
});
