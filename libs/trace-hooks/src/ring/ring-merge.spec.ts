import { mkdtempSync, openSync, closeSync, writeFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PageBuilder } from '../testing/page-builder.js';
import { PageQueue } from '../testing/page-queue.js';
import { readFrom, RingCpu } from './ring-cpu.js';
import { RingMerge } from './ring-merge.js';

const BASE_NS = 1_000_000n;
const PAGE_BYTES = 128;

/** A page of records, each holding its number. */
function page(records: readonly (readonly [atNs: number, value: number])[]): Buffer {
  const builder = new PageBuilder(BASE_NS + BigInt(records[0]?.[0] ?? 0), PAGE_BYTES);
  let lastNs = records[0]?.[0] ?? 0;
  for (const [atNs, value] of records) {
    const body = Buffer.alloc(8);
    body.writeUInt32LE(value);
    builder.record(atNs - lastNs, body);
    lastNs = atNs;
  }
  return builder.build();
}

class Collector {
  readonly values: number[] = [];
  pauseAfter = Infinity;
  get isPaused(): boolean {
    return this.values.length >= this.pauseAfter;
  }
  visit(cpu: RingCpu): void {
    this.values.push(cpu.words[cpu.cursor.recordAt >> 2] ?? -1);
  }
}

function mergeOf(...queues: PageQueue[]): RingMerge {
  const merge = new RingMerge();
  for (const { cpu } of queues) merge.add(cpu);
  return merge;
}

const queue = (slots = 4): PageQueue => new PageQueue(0, BASE_NS, slots, PAGE_BYTES);

describe('RingMerge', () => {
  it('hands out the events of all CPUs in the order of their time', () => {
    const merge = mergeOf(
      queue().push(
        page([
          [1, 1],
          [5, 5],
        ]),
        page([[6, 6]]),
      ),
      queue().push(
        page([
          [2, 2],
          [3, 3],
          [7, 7],
        ]),
      ),
      queue().push(page([[4, 4]])),
      queue(),
    );
    const seen = new Collector();
    expect(merge.fill(100, 0)).toBe(100);
    expect([merge.release(100, seen), seen.values]).toEqual([7, [1, 2, 3, 4, 5, 6, 7]]);
    expect(merge.oldestNs).toBe(Infinity);
  });

  it('keeps what is younger than the watermark for later', () => {
    const merge = mergeOf(
      queue().push(
        page([
          [1, 1],
          [50, 50],
        ]),
      ),
    );
    const seen = new Collector();
    merge.release(merge.fill(60, 20), seen);
    expect([seen.values, merge.oldestNs]).toEqual([[1], 50]);
    merge.release(merge.fill(90, 20), seen);
    expect(seen.values).toEqual([1, 50]);
  });

  it('holds the watermark back while a CPU has more than fits into memory', () => {
    const full = queue(2).push(page([[10, 10]]), page([[20, 20]]), page([[30, 30]]), page([[40, 40]]));
    const other = queue().push(
      page([
        [35, 35],
        [60, 60],
      ]),
    );
    const merge = mergeOf(full, other);
    const seen = new Collector();
    // Of the full one everything before its last page in memory has been read, no more.
    expect([merge.fill(100, 0), merge.isDrained]).toEqual([20, false]);
    merge.release(20, seen);
    for (let round = 0; round < 3; round++) merge.release(merge.fill(100, 0), seen);
    expect([seen.values, merge.isDrained]).toEqual([[10, 20, 30, 35, 40, 60], true]);
  });

  it('stops when asked to and goes on where it was', () => {
    const merge = mergeOf(
      queue().push(
        page([
          [1, 1],
          [2, 2],
          [3, 3],
        ]),
      ),
      queue().push(page([[2, 20]])),
    );
    const seen = new Collector();
    seen.pauseAfter = 2;
    merge.fill(100, 0);
    expect(merge.release(100, seen)).toBe(2);
    seen.pauseAfter = Infinity;
    merge.release(100, seen);
    expect(seen.values).toEqual([1, 2, 20, 3]);
  });

  it('releases everything at the end of time, and ends', () => {
    const merge = mergeOf(queue().push(page([[1, 1]])), queue());
    const seen = new Collector();
    merge.fill(0, 0);
    expect(merge.release(Infinity, seen)).toBe(1);
  });

  it('forgets a CPU that is removed', () => {
    const gone = queue().push(page([[1, 1]]));
    const merge = mergeOf(gone, queue().push(page([[2, 2]])));
    merge.remove(gone.cpu);
    const seen = new Collector();
    merge.release(merge.fill(10, 0), seen);
    expect(seen.values).toEqual([2]);
  });

  it('does as a sort would, whatever the pages, memory and moments of reading', () => {
    const cpu = fc.array(fc.array(fc.nat(30), { minLength: 1, maxLength: 6 }), { maxLength: 8 });
    const check = (cpus: readonly (readonly number[][])[], slots: number, stepNs: number): void => {
      const all: [number, number][] = [];
      const queues = cpus.map((pages) => {
        const one = queue(slots);
        let atNs = 0;
        for (const gaps of pages) {
          const records = gaps.map((gap): [number, number] => [(atNs += gap), all.length]);
          records.forEach((record, index) => (record[1] = all.length + index));
          all.push(...records);
          one.push(page(records));
        }
        return one;
      });
      const merge = mergeOf(...queues);
      const seen = new Collector();
      let nowNs = 0;
      for (let round = 0; seen.values.length < all.length && round < 2000; round++) {
        merge.release(merge.fill((nowNs += stepNs), 0), seen);
      }
      const time = new Map(all.map(([atNs, value]) => [value, atNs]));
      const timesSeen = seen.values.map((value) => time.get(value) ?? -1);
      expect(new Set(seen.values).size).toBe(all.length);
      expect(timesSeen).toEqual([...timesSeen].sort((a, b) => a - b));
    };
    const property = fc.property(
      fc.array(cpu, { maxLength: 5 }),
      fc.integer({ min: 2, max: 6 }),
      fc.integer({ min: 1, max: 500 }),
      check,
    );
    fc.assert(property, { interruptAfterTimeLimit: 1500 });
  });
});

describe('RingCpu', () => {
  it('reads a page per buffer from a descriptor, the last one perhaps cut off', () => {
    const directory = mkdtempSync(join(tmpdir(), 'ring-'));
    const file = join(directory, 'trace_pipe_raw');
    const whole = Array.from({ length: 20 }, (_, index) =>
      page([
        [index, index],
        [index, 100 + index],
      ]),
    );
    writeFileSync(
      file,
      Buffer.concat([
        ...whole,
        page([
          [50, 50],
          [51, 51],
        ]).subarray(0, 16 + 12 + 2),
      ]),
    );
    const fd = openSync(file, 'r');
    try {
      const cpu = new RingCpu(0, readFrom(fd), BASE_NS, PAGE_BYTES, 32);
      const merge = new RingMerge();
      merge.add(cpu);
      const seen = new Collector();
      merge.release(merge.fill(100, 0), seen);
      expect([seen.values.length, seen.values.at(-1), cpu.pagesRead]).toEqual([41, 50, 21]);
      expect(cpu.cursor.malformed).toBeGreaterThan(0);
    } finally {
      closeSync(fd);
      rmSync(directory, { recursive: true });
    }
  });

  it('passes on an error that does not mean "empty"', () => {
    const cpu = new RingCpu(0, readFrom(-1), BASE_NS, PAGE_BYTES, 4);
    expect(() => {
      cpu.fill();
    }).toThrow();
  });

  it('tells of a loss when the page behind it begins', () => {
    const queueWithLoss = queue().push(
      page([[1, 1]]),
      new PageBuilder(BASE_NS + 5n, PAGE_BYTES).lostBefore(7n).record(1, Buffer.alloc(8)).build(),
    );
    const told: [number, number][] = [];
    queueWithLoss.cpu.onLoss = ({ cursor }) => told.push([cursor.atNs, cursor.lostBefore]);
    queueWithLoss.cpu.fill();
    expect(told).toEqual([]);
    queueWithLoss.cpu.advance();
    expect(told).toEqual([[5, 7]]);
  });
});
