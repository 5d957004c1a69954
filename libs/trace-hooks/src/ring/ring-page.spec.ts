import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { EventFormat } from '../event-format.js';
import { RawEvent } from '../raw-event.js';
import { PageBuilder } from '../testing/page-builder.js';
import {
  FORMATS,
  LINEAGE_PAGES,
  LINEAGE_TEXT,
  LOSSY_ENTRIES,
  LOSSY_OVERRUN,
  LOSSY_PAGES,
} from '../testing/recorded-pages.js';
import { PageCursor } from './ring-page.js';

const BASE_NS = 5_000_000_000_000n;

interface Seen {
  readonly atNs: number;
  readonly at: number;
  readonly bytes: number;
}

/** The page in a memory of its own between guard bytes, so that a read outside of it would show. */
function cursorOver(page: Buffer, bytes = page.length, baseNs = BASE_NS): { cursor: PageCursor; memory: Buffer } {
  const memory = Buffer.alloc(page.length + 8192, 0xff);
  page.copy(memory, 4096);
  const words = new Uint32Array(memory.buffer, memory.byteOffset, memory.length / 4);
  const cursor = new PageCursor(words, baseNs);
  cursor.open(4096, bytes);
  return { cursor, memory };
}

function walk(page: Buffer, bytes = page.length): { seen: Seen[]; cursor: PageCursor } {
  const { cursor } = cursorOver(page, bytes);
  const seen: Seen[] = [];
  while (cursor.next()) seen.push({ atNs: cursor.atNs, at: cursor.recordAt - 4096, bytes: cursor.recordBytes });
  return { seen, cursor };
}

const body = (words: number): Buffer => Buffer.alloc(words * 4, 1);
const times = (page: Buffer): number[] => walk(page).seen.map(({ atNs }) => atNs);

describe('PageCursor', () => {
  it('adds up the deltas of short and long records', () => {
    const page = new PageBuilder(BASE_NS + 10n).record(5, body(2)).longRecord(7, body(30)).record(0, body(28)).build();
    expect(walk(page).seen).toEqual([
      { atNs: 15, at: 20, bytes: 8 },
      { atNs: 22, at: 36, bytes: 120 },
      { atNs: 22, at: 160, bytes: 112 },
    ]);
  });

  it('finds the next entry behind a record that does not fill its last word', () => {
    const page = new PageBuilder(BASE_NS).longRecord(1, Buffer.alloc(9)).record(1, body(2)).build();
    expect(walk(page).seen).toEqual([
      { atNs: 1, at: 24, bytes: 9 },
      { atNs: 2, at: 40, bytes: 8 },
    ]);
  });

  it('follows time extends beyond 27 bits', () => {
    const page = new PageBuilder(BASE_NS).record(1, body(2)).timeExtend(20_000_000_000n).record(3, body(2)).build();
    expect(times(page)).toEqual([1, 20_000_000_004]);
  });

  it('takes the high bits of an absolute stamp from the page', () => {
    const startNs = (21n << 59n) + 1000n;
    const page = new PageBuilder(startNs)
      .timeStamp(startNs + 123_456_789_012n)
      .record(5, body(2))
      .build();
    const { cursor } = cursorOver(page, page.length, startNs);
    cursor.next();
    expect(cursor.atNs).toBe(123_456_789_017);
  });

  it('keeps nanoseconds exact when the machine has run for 200 days', () => {
    const startNs = 200n * 86_400n * 1_000_000_000n + 7n;
    const { cursor } = cursorOver(new PageBuilder(startNs + 1n).record(1, body(2)).build(), 4096, startNs);
    cursor.next();
    expect(cursor.atNs).toBe(2);
  });

  it('skips what was discarded, with its time, and stops at padding', () => {
    const page = new PageBuilder(BASE_NS)
      .discarded(40, 24)
      .record(2, body(2))
      .discarded(0, 8)
      .record(3, body(2))
      .padding()
      .record(4, body(2))
      .build();
    expect(times(page)).toEqual([42, 45]);
  });

  it('reads the number of lost events where there is one', () => {
    const counted = walk(
      new PageBuilder(BASE_NS)
        .lostBefore(2n ** 33n + 5n)
        .record(1, body(2))
        .build(),
    ).cursor;
    expect([counted.lostBefore, counted.lostUncounted, counted.hasLoss]).toEqual([2 ** 33 + 5, false, true]);
    const uncounted = walk(new PageBuilder(BASE_NS).lostBefore().record(1, body(2)).build()).cursor;
    expect([uncounted.lostBefore, uncounted.lostUncounted, uncounted.hasLoss]).toEqual([0, true, true]);
    const whole = walk(new PageBuilder(BASE_NS).record(1, body(2)).build()).cursor;
    expect([whole.lostBefore, whole.lostUncounted, whole.hasLoss]).toEqual([0, false, false]);
  });

  it('takes a promised number without room for it as uncounted', () => {
    const page = new PageBuilder(BASE_NS, 40).lostBefore().record(1, body(4)).build();
    page.writeUInt32LE(page.readUInt32LE(8) + 2 ** 30, 8);
    expect(walk(page).cursor.lostUncounted).toBe(true);
  });

  it('forgets the loss of the page before', () => {
    const page = new PageBuilder(BASE_NS).lostBefore(3n).build();
    const { cursor, memory } = cursorOver(page);
    new PageBuilder(BASE_NS).build().copy(memory, 4096);
    cursor.open(4096, 4096);
    expect(cursor.hasLoss).toBe(false);
  });
});

describe('PageCursor on bytes that make no sense', () => {
  it.each([
    ['a page without a header', Buffer.alloc(15), 15],
    ['a length beyond the page', new PageBuilder(BASE_NS, 64).record(1, body(2)).padding().build(4000), 64],
    ['a record that is too short to have a thread', new PageBuilder(BASE_NS).words(1 + 32, 0).build(), 4096],
    ['a record beyond the end', new PageBuilder(BASE_NS).words(28 + 32, 0).build(), 4096],
    ['a long record beyond the end', new PageBuilder(BASE_NS).words(0, 4000, 0, 0).build(), 4096],
    ['a long record without its length', new PageBuilder(BASE_NS).words(0).build(), 4096],
    ['a long record of length 0', new PageBuilder(BASE_NS).words(0, 0, 0, 0).build(), 4096],
    ['a time extend that is cut off', new PageBuilder(BASE_NS).words(30).build(), 4096],
    ['a skip beyond the end', new PageBuilder(BASE_NS).words(29 + 64, 4000).build(), 4096],
  ])('ends the page and counts it: %s', (_, page, bytes) => {
    expect(walk(page, bytes).cursor.malformed).toBe(1);
  });

  it('gives what stands before the place where a page was cut off', () => {
    const page = new PageBuilder(BASE_NS).record(1, body(2)).record(1, body(2)).build();
    const { seen, cursor } = walk(page, 16 + 12 + 6);
    expect([seen.length, cursor.malformed]).toEqual([1, 2]);
  });

  it('never leaves the page and always ends, whatever the bytes', () => {
    const page = fc.uint8Array({ minLength: 0, maxLength: 512 }).map((bytes) => Buffer.from(bytes));
    const likely = fc
      .array(
        fc.integer({ min: 0, max: 31 }).chain((type) => fc.nat(2 ** 20).map((rest) => type + rest * 32)),
        {
          maxLength: 60,
        },
      )
      .map((words) => new PageBuilder(BASE_NS, 4096).words(...words).build());
    const check = (bytes: Buffer): void => {
      const padded = Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
      const { seen } = walk(padded, bytes.length);
      for (const { at, bytes: length } of seen) {
        expect(at).toBeGreaterThanOrEqual(16);
        expect(at + length).toBeLessThanOrEqual(padded.length);
      }
      expect(seen.length).toBeLessThanOrEqual(bytes.length / 8);
    };
    fc.assert(fc.property(fc.oneof(page, likely), check), { interruptAfterTimeLimit: 1000, numRuns: 20_000 });
  });

  it('reads back whatever a kernel could have written', () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('record' as const),
        delta: fc.nat(2 ** 27 - 1),
        words: fc.integer({ min: 2, max: 40 }),
      }),
      fc.record({ kind: fc.constant('extend' as const), delta: fc.bigInt(0n, 2n ** 50n), words: fc.constant(0) }),
      fc.record({ kind: fc.constant('discard' as const), delta: fc.nat(1000), words: fc.integer({ min: 1, max: 9 }) }),
    );
    const check = (steps: readonly { kind: string; delta: number | bigint; words: number }[]): void => {
      const builder = new PageBuilder(BASE_NS, 65_536);
      const expected: [number, number][] = [];
      let atNs = 0;
      for (const { kind, delta, words } of steps) {
        if (kind === 'extend') builder.timeExtend(BigInt(delta));
        else if (kind === 'discard') builder.discarded(Number(delta), words * 4);
        else builder.record(Number(delta), body(words));
        if (kind !== 'discard' || delta > 1) atNs += Number(delta);
        if (kind === 'record') expected.push([atNs, words * 4]);
      }
      const { seen, cursor } = walk(builder.build());
      expect(seen.map(({ atNs: at, bytes }) => [at, bytes])).toEqual(expected);
      expect(cursor.malformed).toBe(0);
    };
    fc.assert(fc.property(fc.array(step, { maxLength: 50 }), check), { interruptAfterTimeLimit: 800 });
  });
});

describe('pages of a real kernel', () => {
  const byId = new Map<number, EventFormat>(Object.values(FORMATS).map((format) => [format.id, format]));
  const shown = ['pid', 'comm', 'oldcomm', 'newcomm', 'clone_flags', 'filename', 'old_pid', 'child_comm', 'child_pid'];

  function text(event: RawEvent): string {
    const name = event.eventName.split('/')[1] ?? '';
    if (name === 'sys_exit_openat') return `openat = ${event.int('ret')}`;
    if (name === 'sys_enter_openat') {
      return `openat 0x${(event.int('dfd') >>> 0).toString(16)} ${event.hex('filename')} ${event.hex('flags')}`;
    }
    const value = (field: string): string => {
      const { kind } = event.format.field(field);
      return kind === 'text'
        ? event.text(field)
        : field === 'clone_flags'
          ? event.hex(field).slice(2)
          : event.json(field);
    };
    if (name === 'sched_process_fork') {
      const [parent, pid, child, childPid] = ['parent_comm', 'parent_pid', 'child_comm', 'child_pid'].map(value);
      return `${name} comm=${parent} pid=${pid} child_comm=${child} child_pid=${childPid}`;
    }
    const fields = name === 'sched_process_exec' ? ['filename', 'pid', 'old_pid'] : shown;
    const parts = fields.filter((field) => event.format.find(field)).map((field) => `${field}=${value(field)}`);
    if (name === 'sched_process_exit') parts.reverse();
    return `${name} ${parts.join(' ')}`;
  }

  function events(page: Buffer): [number, string][] {
    const { cursor, memory } = cursorOver(page, page.length, 0n);
    const event = new RawEvent();
    event.page = memory;
    const found: [number, string][] = [];
    while (cursor.next()) {
      event.offset = cursor.recordAt;
      event.length = cursor.recordBytes;
      event.format = byId.get(memory.readUInt16LE(cursor.recordAt)) ?? FORMATS.exit;
      const seconds = (Math.round(cursor.atNs / 1000) / 1e6).toFixed(6);
      found.push([cursor.atNs, `${memory.readInt32LE(cursor.recordAt + 4)} ${seconds} ${text(event)}`]);
    }
    expect(cursor.malformed).toBe(0);
    return found;
  }

  it('say what the kernel says about them', () => {
    const all = LINEAGE_PAGES.flatMap(events).sort(([a], [b]) => a - b);
    expect(all.map(([, line]) => line)).toEqual(LINEAGE_TEXT);
  });

  it('hold as many entries and tell of as many lost ones as the statistics', () => {
    const walks = LOSSY_PAGES.map((page) => walk(page));
    expect(walks.reduce((sum, { seen }) => sum + seen.length, 0)).toBe(LOSSY_ENTRIES);
    expect(walks.map(({ cursor }) => cursor.lostBefore)).toEqual([LOSSY_OVERRUN, 0, 0]);
  });
});
