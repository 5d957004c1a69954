import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import protobuf from 'protobufjs';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import type { EventBlock, LaneFact } from '../query/trace-file-reader.js';
import { DIALECTS, traceLines } from '../testing/trace-lines.js';
import { chromeJson } from './chrome-json.js';
import { foldedStacks } from './folded.js';
import { parquetFile } from './parquet.js';
import { perfettoTrace } from './perfetto.js';
import { ProtoWriter } from './proto-writer.js';
import { readTimeline, type SelectedTimeline } from './selected-timeline.js';
import { speedscopeJson } from './speedscope.js';

async function* blocksOf(lines: readonly string[]): AsyncGenerator<EventBlock> {
  for (let at = 0; at < lines.length; at += 100) {
    const bytes = Buffer.from(
      lines
        .slice(at, at + 100)
        .map((line) => `${line.trim()}\n`)
        .join(''),
    );
    yield await Promise.resolve({ bytes, events: 0 });
  }
}
async function textOf(pieces: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<string> {
  return (await bytesOf(pieces)).toString();
}
async function bytesOf(pieces: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const piece of pieces) parts.push(piece);
  return Buffer.concat(parts);
}
const timelineOf = (lines: readonly string[], withArgs = false): Promise<SelectedTimeline> =>
  readTimeline(blocksOf(lines), withArgs);
const recordsOf = (spec: Parameters<typeof traceLines>[0]): string[] =>
  traceLines(spec).filter((line) => line !== '[' && line !== ']');

/** Three calls inside each other in the order in which they end, and one beside them. */
const NESTED = [
  '{"name":"read","cat":"POSIX","pid":7,"tid":9,"ts":1698080323775554,"dur":10,"ph":"X","args":{"ret":4096,"h":9509357668201227806}}',
  '{"name":"step","cat":"APP","pid":7,"tid":9,"ts":1698080323775554,"dur":30,"ph":"X"}',
  '{"name":"main;x","cat":"APP","pid":7,"tid":9,"ts":1698080323775550,"dur":100.5,"ph":"X","args":{}}',
  '{"name":"","cat":"APP","pid":7,"tid":10,"ts":1698080323775560,"dur":2,"ph":"X","args":{}}',
];

describe('chromeJson', () => {
  interface Chrome {
    traceEvents: Record<string, unknown>[];
    otherData: object;
  }
  const chromeOf = async (lines: readonly string[]): Promise<Chrome> =>
    JSON.parse(await textOf(chromeJson(blocksOf(lines)))) as Chrome;

  it('turns every dialect into numbers and letters', async () => {
    for (const dialect of DIALECTS) {
      const { traceEvents, otherData } = await chromeOf(recordsOf({ dialect, events: 300 }));
      expect(otherData).toEqual({ events: 300, eventsWithoutTime: 0 });
      const metadata = traceEvents.filter(({ ph }) => ph === 'M').map(({ name }) => name);
      expect(metadata).toEqual(dialect === 'quoted' ? [] : ['thread_name', 'process_name']);
      for (const event of traceEvents) {
        expect([typeof event['name'], typeof event['pid'], typeof event['tid']]).toEqual([
          'string',
          'number',
          'number',
        ]);
        expect(['X', 'C', 'M']).toContain(event['ph']);
        if (event['ph'] === 'X') expect([typeof event['ts'], typeof event['dur']]).toEqual(['number', 'number']);
      }
    }
  });

  it('keeps arguments as they are, 64-bit numbers included, and counts what has no time', async () => {
    const text = await textOf(
      chromeJson(
        blocksOf([
          NESTED[0] ?? '',
          '{"name":"mark","ph":"i"}',
          '{"name":"m","ts":5,"ph":"i"}',
          '{"name":"n","ts":6,"args":[1]}',
          '{"name":"o","ts":6,"ph":"X"}',
        ]),
      ),
    );
    expect(text).toContain('"args":{"ret":4096,"h":9509357668201227806}}');
    const { traceEvents, otherData } = JSON.parse(text) as Chrome;
    expect(otherData).toEqual({ events: 4, eventsWithoutTime: 1 });
    expect(traceEvents.slice(1)).toEqual([
      { name: 'm', ph: 'i', pid: 0, tid: 0, ts: 5, s: 't' },
      { name: 'n', ph: 'i', pid: 0, tid: 0, ts: 6, s: 't' },
      { name: 'o', ph: 'X', pid: 0, tid: 0, ts: 6, dur: 0 },
    ]);
    expect((await chromeOf([])).traceEvents).toEqual([]);
  });
});

describe('speedscopeJson', () => {
  interface Profile {
    name: string;
    startValue: number;
    endValue: number;
    events: { type: string; frame: number; at: number }[];
  }
  function expectNested({ events, startValue, endValue }: Profile, frames: number): void {
    const open: number[] = [];
    let at = startValue;
    for (const step of events) {
      expect(step.at).toBeGreaterThanOrEqual(at);
      expect(step.frame).toBeLessThan(frames);
      at = step.at;
      if (step.type === 'O') open.push(step.frame);
      else expect(open.pop()).toBe(step.frame);
    }
    expect([open, at]).toEqual([[], endValue]);
  }

  it('opens and closes frames in order, a profile a lane', async () => {
    const { timeline } = await timelineOf(NESTED);
    const file = JSON.parse(await textOf(speedscopeJson(timeline, 'a.pfw'))) as {
      shared: { frames: { name: string }[] };
      profiles: Profile[];
    };
    const [first, second] = file.profiles;
    expect(first?.events.map(({ type, frame }) => type + (file.shared.frames[frame]?.name ?? ''))).toEqual([
      'Omain;x',
      'Ostep',
      'Oread',
      'Cread',
      'Cstep',
      'Cmain;x',
    ]);
    expect([first?.name, first?.startValue, first?.endValue, second?.name]).toEqual([
      '7:9',
      1698080323775550,
      1698080323775650.5,
      '7:10',
    ]);
  });

  it('is what the schema of speedscope itself asks for, with frames that nest', async () => {
    const schema = JSON.parse(
      readFileSync(createRequire(import.meta.url).resolve('speedscope/dist/release/file-format-schema.json'), 'utf8'),
    ) as object;
    const validate = new Ajv({ strict: false }).compile(schema);
    for (const lines of [NESTED, [], ...DIALECTS.map((dialect) => recordsOf({ dialect, events: 400, threads: 3 }))]) {
      const file = JSON.parse(await textOf(speedscopeJson((await timelineOf(lines)).timeline, 'a.pfw'))) as {
        shared: { frames: unknown[] };
        profiles: Profile[];
      };
      expect([validate(file), validate.errors]).toEqual([true, null]);
      for (const profile of file.profiles) expectNested(profile, file.shared.frames.length);
    }
  });

  it('writes long profiles piece by piece', async () => {
    const { timeline } = await timelineOf(recordsOf({ dialect: 'hex', events: 20_000, threads: 1 }));
    const file = JSON.parse(await textOf(speedscopeJson(timeline, 'x'))) as { profiles: Profile[] };
    expect(file.profiles[0]?.events).toHaveLength(40_000);
    expect(JSON.parse(await textOf(speedscopeJson((await timelineOf([])).timeline, 'x')))).toMatchObject({
      profiles: [],
    });
  });
});

describe('foldedStacks', () => {
  it('writes a chain of calls per line with its own time', async () => {
    const { timeline } = await timelineOf(NESTED);
    expect(await textOf(foldedStacks(timeline))).toBe(
      '7:9;main:x 71\n7:9;main:x;step 20\n7:9;main:x;step;read 10\n7:10;(unnamed) 2\n',
    );
  });
});

describe('perfettoTrace', () => {
  const facts: LaneFact[] = [
    { fact: 'process_name', pid: 7, tid: 7, text: 'Rank 0' },
    { fact: 'thread_name', pid: 7, tid: 9, text: 'main' },
    { fact: 'rank', pid: 7, tid: 7, text: '0' },
  ];
  /** The parts of Perfetto's schema that are used, to read the trace by another implementation. */
  const { root } = protobuf.parse(`syntax = "proto2";
    message Trace { repeated TracePacket packet = 1; }
    message TracePacket { optional uint64 timestamp = 8; optional uint32 trusted_packet_sequence_id = 10; optional TrackEvent track_event = 11;
      optional InternedData interned_data = 12; optional uint32 sequence_flags = 13; optional TrackDescriptor track_descriptor = 60; }
    message TrackEvent { repeated uint64 category_iids = 3; repeated DebugAnnotation debug_annotations = 4; optional int32 type = 9; optional uint64 name_iid = 10; optional uint64 track_uuid = 11; }
    message DebugAnnotation { optional string legacy_json_value = 9; optional string name = 10; }
    message InternedData { repeated Entry event_categories = 1; repeated Entry event_names = 2; }
    message Entry { optional uint64 iid = 1; optional string name = 2; }
    message TrackDescriptor { optional uint64 uuid = 1; optional string name = 2; optional Process process = 3; optional Thread thread = 4; optional uint64 parent_uuid = 5; }
    message Process { optional int32 pid = 1; optional string process_name = 6; }
    message Thread { optional int32 pid = 1; optional int32 tid = 2; optional string thread_name = 5; }`);
  const Trace = root.lookupType('Trace');
  interface Packet {
    timestamp?: string;
    trustedPacketSequenceId: number;
    trackEvent?: {
      type: number;
      nameIid?: string;
      categoryIids?: string[];
      trackUuid: string;
      debugAnnotations?: { name: string; legacyJsonValue: string }[];
    };
    internedData?: { eventNames: { iid: string; name: string }[]; eventCategories: { iid: string; name: string }[] };
    sequenceFlags?: number;
    trackDescriptor?: object;
  }
  const packetsOf = async (lines: readonly string[]): Promise<Packet[]> => {
    const bytes = await bytesOf(perfettoTrace(await timelineOf(lines, true), facts));
    return (Trace.toObject(Trace.decode(bytes), { longs: String }) as { packet: Packet[] }).packet;
  };

  it('names tracks, interns names, nests slices, keeps nanoseconds and arguments', async () => {
    const packets = await packetsOf(NESTED);
    expect(packets.every(({ trustedPacketSequenceId }) => trustedPacketSequenceId === 1)).toBe(true);
    expect(packets.flatMap(({ trackDescriptor }) => trackDescriptor ?? [])).toEqual([
      { uuid: '1', process: { pid: 7, processName: 'Rank 0' } },
      { uuid: '2', parentUuid: '1', thread: { pid: 7, tid: 9, threadName: 'main' } },
      { uuid: '3', parentUuid: '1', thread: { pid: 7, tid: 10 } },
    ]);
    const interned = packets[0]?.internedData;
    const name = (iid: string | undefined): string =>
      interned?.eventNames.find((entry) => entry.iid === iid)?.name ?? '/';
    const steps = packets
      .filter(({ trackEvent }) => trackEvent?.trackUuid === '2')
      .map(({ timestamp, trackEvent }) => `${name(trackEvent?.nameIid)}@${timestamp ?? ''}`);
    expect([packets[0]?.sequenceFlags, steps]).toEqual([
      1,
      [
        'main;x@1698080323775550000',
        'step@1698080323775554000',
        'read@1698080323775554000',
        '/@1698080323775564000',
        '/@1698080323775584000',
        '/@1698080323775650500',
      ],
    ]);
    const read = packets.find(({ trackEvent }) => name(trackEvent?.nameIid) === 'read')?.trackEvent;
    expect(read?.debugAnnotations).toEqual([{ name: 'args', legacyJsonValue: '{"ret":4096,"h":9509357668201227806}' }]);
    expect(interned?.eventCategories.find(({ iid }) => iid === read?.categoryIids?.[0])?.name).toBe('POSIX');
  });

  /** Of each track: its steps, +1 for the beginning of a slice and -1 for its end, in file order. */
  function stepsOf(packets: readonly Packet[]): Map<string, { by: number; at: bigint }[]> {
    const tracks = new Map<string, { by: number; at: bigint }[]>();
    for (const { trackEvent, timestamp = '' } of packets) {
      if (trackEvent === undefined) continue;
      const steps = tracks.get(trackEvent.trackUuid) ?? [];
      tracks.set(trackEvent.trackUuid, steps);
      steps.push({ by: { 1: 1, 2: -1 }[trackEvent.type] ?? 0, at: BigInt(timestamp) });
    }
    return tracks;
  }

  it('closes on every track what it opened, in the order of time, and names only what it has told', async () => {
    for (const dialect of DIALECTS) {
      const packets = await packetsOf(recordsOf({ dialect, events: 300, threads: 4 }));
      const told = new Set(packets.flatMap(({ internedData }) => internedData?.eventNames.map(({ iid }) => iid) ?? []));
      const used = packets.flatMap(({ trackEvent }) => trackEvent?.nameIid ?? []);
      expect(used.every((iid) => told.has(iid))).toBe(true);
      for (const steps of stepsOf(packets).values()) {
        let open = 0;
        expect(steps.every(({ by }) => (open += by) >= 0)).toBe(true);
        expect(open).toBe(0);
        expect(steps.every(({ at }, i) => i === 0 || at >= (steps[i - 1]?.at ?? 0n))).toBe(true);
      }
    }
  });

  it('gives lanes whose ids do not fit a name instead', async () => {
    const packets = await packetsOf([
      '{"name":"a","ts":1,"pid":99999999999,"tid":1}',
      '{"name":"b","ts":-1}',
      '{"name":"c"}',
    ]);
    expect(packets.flatMap(({ trackDescriptor }) => trackDescriptor ?? [])).toEqual([
      { uuid: '1', name: '?:?' },
      { uuid: '2', name: '99999999999:1' },
    ]);
    expect(packets.filter(({ trackEvent }) => trackEvent).map(({ timestamp }) => timestamp)).toEqual([
      '0',
      '0',
      '1000',
      '1000',
    ]);
  });
});

describe('ProtoWriter', () => {
  it('writes numbers of any size as protobuf does', () => {
    const values = [0, 1, 127, 128, 300, 2 ** 31 - 1, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER, -1, 2n ** 63n];
    const One = protobuf.parse('syntax = "proto2"; message One { optional uint64 value = 1; }').root.lookupType('One');
    for (const value of values) {
      const read = One.toObject(One.decode(new ProtoWriter().varint(1, value).take()), { longs: String });
      expect(read).toEqual({ value: String(BigInt.asUintN(64, BigInt(value))) });
    }
  });
});

describe('parquetFile', () => {
  it('has a row per event, in groups, with whole 64-bit numbers in args', async () => {
    const lines = [...NESTED, '{"name":"odd","ph":1,"pid":1.5,"ts":3.75}', '{"ph":"M","name":"FH"}', '{}'];
    const bytes = await bytesOf(parquetFile(blocksOf(lines)));
    const file = new Uint8Array(bytes).buffer;
    const rows = await parquetReadObjects({ file });
    expect(rows).toHaveLength(6);
    expect(rows[0]).toMatchObject({
      name: 'read',
      cat: 'POSIX',
      ph: 'X',
      pid: 7n,
      tid: 9n,
      ts_us: 1698080323775554,
      dur_us: 10,
      args: '{"ret":4096,"h":9509357668201227806}',
    });
    expect((rows[0]?.['time'] as Date).toISOString()).toBe('2023-10-23T16:58:43.775Z');
    expect(rows[4]).toMatchObject({ name: 'odd', ph: '1', pid: null, ts_us: 3.75, dur_us: null });
  });

  it('writes groups as it goes, and a file without rows', async () => {
    const metadata = async (lines: readonly string[]) =>
      parquetMetadata(new Uint8Array(await bytesOf(parquetFile(blocksOf(lines)))).buffer);
    const many = await metadata(recordsOf({ dialect: 'quoted', events: 45_000 }));
    expect([many.row_groups.map(({ num_rows }) => num_rows), many.num_rows]).toEqual([
      [20_000n, 20_000n, 5_000n],
      45_000n,
    ]);
    expect((await metadata([])).num_rows).toBe(0n);
  });
});

describe('readTimeline', () => {
  it('refuses more events than fit, instead of showing half', async () => {
    const line = Buffer.from('{"ts":1}\n'.repeat(1000));
    async function* endless(): AsyncGenerator<EventBlock> {
      for (;;) yield await Promise.resolve({ bytes: line, events: 1000 });
    }
    await expect(readTimeline(endless(), true)).rejects.toMatchObject({
      code: 'VALIDATION',
      message: 'more than 1000000 events; ask for a smaller selection of them',
    });
  }, 60_000);
});
