import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventCatalog } from '../event-format.js';
import { eventsWithout, fakeTracefs, removeFakeTracefs } from '../testing/fake-tracefs.js';
import { HookStage, SOFT_IRQ, type FieldValue, type World } from '../testing/hook-stage.js';
import { operationOf, traceBlock } from './trace-block.js';

const [US, OTHER, WORKER] = [10, 77, 24];
const VDA = 254 * 2 ** 20;
const world: World = { threads: new Map([[US, US]]) };
const start = 'block/block_io_start';
const issue = 'block/block_rq_issue';
const complete = 'block/block_rq_complete';
const request = (sector: number, nr: number, more: Record<string, FieldValue> = {}): Record<string, FieldValue> => ({
  dev: VDA,
  sector,
  nr_sector: nr,
  bytes: nr * 512,
  rwbs: 'WS',
  ...more,
});
const done = (sector: number | bigint, nr: number, error = 0): Record<string, FieldValue> => ({
  dev: VDA,
  sector,
  nr_sector: nr,
  error,
});

describe('trace_block', () => {
  let sysfs: string;
  let tracefs: string;
  beforeAll(() => {
    sysfs = fakeTracefs();
    // As in a real sysfs: the tracefs at kernel/tracing, devices by number.
    mkdirSync(join(sysfs, 'kernel'));
    mkdirSync(join(sysfs, 'dev/block'), { recursive: true });
    symlinkSync('..', join(sysfs, 'kernel/tracing'));
    symlinkSync('../../devices/virtual/block/vda', join(sysfs, 'dev/block/254:0'));
    tracefs = join(sysfs, 'kernel/tracing');
  });
  afterAll(() => {
    removeFakeTracefs(sysfs);
  });
  const stage = (args = ''): HookStage => new HookStage(traceBlock, args, tracefs, world);

  it('pairs what a thread asked for with its completion in somebody elses interrupt', () => {
    const on = stage();
    on.at(100, US, start, request(4096, 8));
    on.at(150, WORKER, issue, request(4096, 8));
    on.at(400, OTHER, complete, done(4096, 8), SOFT_IRQ);
    on.finish(500);
    expect(on.lines).toEqual([
      {
        name: 'write',
        cat: 'block',
        tid: US,
        startNs: 100,
        endNs: 400,
        args: { dev: '254:0', device: 'vda', sector: 4096, bytes: 4096, rwbs: 'WS', queue_ns: 50, device_ns: 250 },
      },
    ]);
    expect(on.decoder.unpaired).toBe(0);
  });

  it('leaves requests of others alone, and requests that an interrupt makes', () => {
    const on = stage();
    on.at(1, OTHER, issue, request(8, 8));
    on.at(2, OTHER, complete, done(8, 8), SOFT_IRQ);
    on.at(3, US, start, request(16, 8), SOFT_IRQ);
    on.at(4, US, complete, done(99, 8));
    on.finish(5);
    expect(on.lines).toEqual([]);
  });

  it('takes the last issue of a request that was put back, and what was merged into it', () => {
    const on = stage();
    on.at(0, US, start, request(8, 8));
    on.at(10, WORKER, issue, request(8, 16));
    on.at(30, WORKER, issue, request(8, 16));
    on.at(100, OTHER, complete, done(8, 16), SOFT_IRQ);
    expect(on.lines[0]?.args).toMatchObject({ bytes: 8192, queue_ns: 30, device_ns: 70 });
  });

  it('adds up a request that completes in pieces', () => {
    const on = stage();
    on.at(0, US, start, request(8, 24, { rwbs: 'R' }));
    on.at(5, US, issue, request(8, 24, { rwbs: 'R' }));
    on.at(10, OTHER, complete, done(8, 8));
    on.at(20, OTHER, complete, done(16, 8));
    on.at(30, OTHER, complete, done(24, 8));
    expect(on.spans).toEqual(['read 0-30']);
  });

  it('ends a request at its error', () => {
    const on = stage();
    on.at(0, US, start, request(8, 24));
    on.at(10, OTHER, complete, done(8, 8, -5));
    expect(on.lines[0]?.args).toMatchObject({ error: 'EIO', bytes: 24 * 512 });
    expect(on.lines[0]?.args).not.toHaveProperty('queue_ns');
  });

  it('keeps a flush apart from a write to the first sector', () => {
    const on = stage();
    on.at(0, US, start, request(0, 0, { rwbs: 'FWS' }));
    on.at(5, US, start, request(0, 8, { rwbs: 'WS' }));
    on.at(10, WORKER, issue, request(0, 0, { rwbs: 'FF' }));
    on.at(20, OTHER, complete, done(2n ** 64n - 1n, 0));
    on.at(30, OTHER, complete, done(0, 0));
    on.at(40, OTHER, complete, done(0, 8));
    expect(on.spans).toEqual(['flush 0-30', 'write 5-40']);
    expect(on.lines[0]?.args).toMatchObject({ queue_ns: 10, bytes: 0 });
  });

  it('shows what is under way at the end, and counts what vanished', () => {
    const on = stage();
    on.at(0, US, start, request(8, 8));
    on.at(10, US, start, request(8, 8));
    on.finish(50);
    expect(on.lines).toHaveLength(1);
    expect(on.lines[0]).toMatchObject({ startNs: 10, endNs: 50, args: { completed: false } });
    expect(on.decoder.unpaired).toBe(1);
  });

  it('writes the devices and latencies that were asked for', () => {
    for (const [args, expected] of [
      ['-d vda', 2],
      ['-d 254:0', 2],
      ['-d sda', 0],
      ['-m 1', 1],
    ] as const) {
      const on = stage(args);
      on.at(0, US, start, request(8, 8));
      on.at(999, OTHER, complete, done(8, 8));
      on.at(1000, US, start, request(8, 8));
      on.at(2000, OTHER, complete, done(8, 8));
      expect([args, on.lines.length]).toEqual([args, expected]);
    }
  });

  it('does without block_io_start and names of devices', () => {
    const events = eventsWithout('block/block_io_start', 'block/block_rq_insert');
    const old = fakeTracefs(events);
    const on = new HookStage(traceBlock, '', old, world);
    expect(on.plan).toMatchObject({ events: [], hostEvents: [issue, complete] });
    on.at(0, US, issue, request(8, 8));
    on.at(30, OTHER, complete, done(8, 8), SOFT_IRQ);
    expect(on.lines[0]?.args).toEqual({ dev: '254:0', sector: 8, bytes: 4096, rwbs: 'WS', queue_ns: 0, device_ns: 30 });
    removeFakeTracefs(old);
  });

  it('stays bounded when completions are lost', () => {
    const on = stage();
    for (let index = 0; index < 20_000; index += 1) on.at(index, US, start, request(8 * index, 8));
    on.finish(30_000);
    expect(on.lines).toHaveLength(16_384);
    expect(on.counts.get('requests forgotten')).toBe(20_000 - 16_384);
  });

  it('says which event a kernel lacks', () => {
    const events = eventsWithout('block/block_rq_complete');
    const poor = fakeTracefs(events);
    expect(traceBlock.unavailableBecause(new EventCatalog(poor))).toContain('block/block_rq_complete');
    removeFakeTracefs(poor);
  });
});

describe('operationOf', () => {
  it.each([
    ['R', 8, 'read'],
    ['RA', 8, 'read'],
    ['WSM', 8, 'write'],
    ['WFS', 8, 'write'],
    ['FWFS', 8, 'write'],
    ['FWS', 0, 'flush'],
    ['FF', 0, 'flush'],
    ['DS', 8, 'discard'],
    ['DE', 8, 'secure erase'],
    ['N', 0, 'other'],
    ['', 0, 'other'],
  ])('%s of %i sectors is a %s', (rwbs, sectors, operation) => {
    expect(operationOf(rwbs, sectors)).toBe(operation);
  });
});
