import { describe, expect, it } from '@jest/globals';
import { constants, crc32, deflateRawSync, gunzipSync, gzipSync, inflateRawSync } from 'node:zlib';
import { timeBox, type Random } from '../testing/time-box.js';
import { MemorySource } from './byte-source.js';
import { GzipStream, OUTPUT_SLACK, WINDOW_BYTES, type ResumePoint } from './gzip-stream.js';
import { TraceKernels } from './trace-kernels.js';

/** Per property; a longer run: FUZZ_MS=60000. */
const FUZZ_MS = Number(process.env['FUZZ_MS'] ?? 250);
const AREA_BYTES = 256 * 1024;
const kernels = new TraceKernels();
const stream = new GzipStream(kernels, new MemorySource(Buffer.alloc(0)));
const area = kernels.allocate(AREA_BYTES);

interface Event {
  readonly type: string;
  readonly garbageAt?: number;
}

interface Place {
  point: ResumePoint;
  window: Buffer;
  at: number;
}

/** Drives the stream to its end in a small area, taking a resume point every `every` bytes of text. */
function decode(every: number, places?: Place[]): { text: Buffer; event: Event } {
  const parts: Buffer[] = [];
  let read = stream.output;
  let total = 0;
  for (;;) {
    if (stream.output + every + OUTPUT_SLACK > area + AREA_BYTES) {
      const delta = stream.output - WINDOW_BYTES - area;
      kernels.bytes.copyWithin(area, stream.output - WINDOW_BYTES, stream.output);
      stream.slid(delta, area);
      read -= delta;
    }
    const event = stream.run(stream.output + every);
    total += stream.output - read;
    parts.push(Buffer.from(kernels.bytes.subarray(read, stream.output)));
    read = stream.output;
    if (event.type !== 'output' && event.type !== 'member') return { text: Buffer.concat(parts), event };
    const kept = Buffer.from(kernels.bytes.subarray(read - stream.windowBytes, read));
    places?.push({ point: stream.point(), window: kept, at: total });
  }
}

/** An LZ4 block, by the letter of its description. */
function plainLz4(block: Buffer): Buffer {
  const out: number[] = [];
  let at = 0;
  const more = (nibble: number): number => {
    let n = nibble;
    for (let byte = nibble === 15 ? 255 : 0; byte === 255; n += byte) byte = block[at++] ?? 0;
    return n;
  };
  while (at < block.length) {
    const head = block[at++] ?? 0;
    for (let literals = more(head >> 4); literals > 0; literals--) out.push(block[at++] ?? NaN);
    if (at === block.length) break;
    const distance = block.readUInt16LE(at);
    at += 2;
    for (let length = more(head & 15) + 4; length > 0; length--) out.push(out[out.length - distance] ?? NaN);
  }
  return Buffer.from(out);
}

/** The window of which a packed one holds the runs, zeros elsewhere. */
function plainWindow(packed: Buffer): Buffer {
  const window = Buffer.alloc(WINDOW_BYTES);
  let at = 2;
  const varint = (): number => {
    const byte = packed[at++] ?? 0;
    return byte < 128 ? byte : byte - 128 + 128 * varint();
  };
  const runs = Array.from({ length: packed.readUInt16LE(0) }, () => [varint(), varint()] as const);
  let to = 0;
  for (const [gap, length] of runs) {
    to += gap;
    packed.copy(window, to, at, at + length);
    to += length;
    at += length;
  }
  expect(at).toBe(packed.length);
  return window;
}

function inflate(gz: Buffer, every = 60_000, places?: Place[]): { text: Buffer; event: Event } {
  stream.start(new MemorySource(gz), area);
  return decode(every, places);
}

function resume(gz: Buffer, { point, window: kept }: Place): { text: Buffer; event: Event } {
  kernels.bytes.set(kept, area + WINDOW_BYTES - kept.length);
  stream.resume(new MemorySource(gz), point, area + WINDOW_BYTES, kept.length);
  return decode(60_000);
}

/** Text like a trace, runs of a byte, short periods, noise, nothing. */
function sample(random: Random, most: number): Buffer {
  const parts: Buffer[] = [];
  const length = random.chance(0.05) ? 0 : random.below(most) + 1;
  let size = 0;
  while (size < length) {
    const kind = random.below(5);
    const n = 1 + random.below(kind === 4 ? 3000 : 20_000);
    if (kind === 0) parts.push(Buffer.alloc(n, random.below(256)));
    else if (kind === 1) parts.push(Buffer.alloc(n, random.bytes(1 + random.below(40))));
    else if (kind === 4) parts.push(random.bytes(n));
    else parts.push(Buffer.from(Array.from({ length: n / 60 + 1 }, (_, i) => line(random, i)).join('')));
    size += parts.at(-1)?.length ?? 0;
  }
  return Buffer.concat(parts).subarray(0, length);
}

const line = (random: Random, id: number): string =>
  `{"id":${id},"name":"${random.pick(['read', 'write', 'open64'])}","pid":${random.below(9)},"ts":${1.7e15 + random.below(1e9)}}\n`;

const STRATEGIES = [
  constants.Z_DEFAULT_STRATEGY,
  constants.Z_FILTERED,
  constants.Z_HUFFMAN_ONLY,
  constants.Z_RLE,
  constants.Z_FIXED,
];

function compressed(random: Random, text: Buffer): Buffer {
  const options = { level: random.below(10), strategy: random.pick(STRATEGIES), memLevel: 1 + random.below(9) };
  return gzipSync(text, { ...options, windowBits: 9 + random.below(7) });
}

describe('GzipStream against zlib', () => {
  it('gives the same bytes for every level, strategy, memory level and window size', () => {
    const cases = timeBox('inflate', FUZZ_MS, 20, (random) => {
      const text = sample(random, 400_000);
      const { text: got, event } = inflate(compressed(random, text), 1 + random.below(70_000));
      expect(event).toEqual({ type: 'end' });
      expect(got.equals(text)).toBe(true);
    });
    expect(cases).toBeGreaterThanOrEqual(20);
  });

  it('continues from any place it stopped at, in the middle of stored, fixed and dynamic blocks', () => {
    const kinds = new Set<string>();
    timeBox('resume', FUZZ_MS, 20, (random) => {
      const fine = random.chance(0.5);
      const members = Array.from({ length: 1 + random.below(3) }, () => sample(random, fine ? 8000 : 150_000));
      const gz = Buffer.concat(members.map((text) => compressed(random, text)));
      const text = Buffer.concat(members);
      const places: Place[] = [];
      inflate(gz, 1 + random.below(fine ? 200 : 50_000), places);
      for (let i = 0; i < 3 && places.length > 0; i++) {
        const place = random.pick(places);
        kinds.add(place.point.kind);
        const { text: rest, event } = resume(gz, place);
        expect(event).toEqual({ type: 'end' });
        expect(rest.equals(text.subarray(place.at))).toBe(true);
      }
    });
    expect([...kinds].sort()).toEqual(['block', 'codes', 'member', 'stored']);
  });

  it('names every window byte that is needed later, so that the others may be zero', () => {
    let needed = 0;
    timeBox('sparse window', FUZZ_MS, 20, (random) => {
      const text = sample(random, 300_000);
      const gz = compressed(random, text);
      stream.start(new MemorySource(gz), area);
      if (stream.run(area + random.below(100_000)).type !== 'output' || stream.windowBytes === 0) return;
      const place = { point: stream.point(), at: stream.output - area };
      const windowBytes = stream.windowBytes;
      stream.markWindow();
      stream.run(stream.output + WINDOW_BYTES);
      const packed = Buffer.from(stream.packWindow());
      needed += packed.length;
      kernels.bytes.fill(0, area, area + WINDOW_BYTES);
      stream.unpackWindow(packed, area + WINDOW_BYTES);
      const whole = Buffer.from(kernels.bytes.subarray(area, area + WINDOW_BYTES));
      expect(whole.equals(plainWindow(plainLz4(packed)))).toBe(true);
      const window = whole.subarray(WINDOW_BYTES - windowBytes);
      const { text: rest, event } = resume(gz, { ...place, window });
      expect(event).toEqual({ type: 'end' });
      expect(rest.equals(text.subarray(place.at))).toBe(true);
    });
    expect(needed).toBeGreaterThan(0);
  });

  it('refuses what is no packed window, or writes nothing outside of the window', () => {
    const guard = 4096;
    const outcomes = { refused: 0, written: 0 };
    timeBox('mutated windows', FUZZ_MS, 50, (random) => {
      const text = sample(random, 120_000);
      stream.start(new MemorySource(compressed(random, text)), area);
      if (stream.run(area + 40_000).type !== 'output') return;
      stream.markWindow();
      stream.run(stream.output + WINDOW_BYTES);
      const packed = Buffer.from(stream.packWindow());
      for (let n = 1 + random.below(4); n > 0 && packed.length > 0; n--) mutate(random, packed);
      const cut = packed.subarray(0, random.chance(0.3) ? random.below(packed.length) : packed.length);
      kernels.bytes.fill(7, area, area + WINDOW_BYTES + 2 * guard);
      try {
        stream.unpackWindow(cut, area + guard + WINDOW_BYTES);
        outcomes.written++;
      } catch (error) {
        expect(error).toEqual(new RangeError('not a packed window'));
        outcomes.refused++;
      }
      const around = kernels.bytes.subarray(area, area + WINDOW_BYTES + 2 * guard);
      expect(around.subarray(0, guard).every((byte) => byte === 7)).toBe(true);
      expect(around.subarray(guard + WINDOW_BYTES).every((byte) => byte === 7)).toBe(true);
    });
    expect(outcomes.refused).toBeGreaterThan(0);
  });

  it('gives what zlib gives of a stream that is cut anywhere', () => {
    timeBox('cut streams', FUZZ_MS, 20, (random) => {
      const text = sample(random, 30_000);
      const whole = compressed(random, text);
      const gz = whole.subarray(0, random.below(whole.length));
      const { text: got, event } = inflate(gz);
      expect(event).toEqual({ type: 'truncated' });
      const raw = gz.subarray(10);
      const want = raw.length > 0 ? inflateRawSync(raw, { finishFlush: constants.Z_SYNC_FLUSH }) : raw;
      expect(got.equals(want)).toBe(true);
    });
  });

  it('never accepts a mutated member with other bytes, never traps, and stops where zlib stops', () => {
    const outcomes: Record<string, number> = {};
    timeBox('mutated streams', FUZZ_MS, 20, (random) => {
      const text = sample(random, 20_000);
      const gz = Buffer.from(compressed(random, text));
      for (let n = 1 + random.below(4); n > 0; n--) mutate(random, gz);
      const { text: got, event } = inflate(gz);
      outcomes[event.type] = (outcomes[event.type] ?? 0) + 1;
      if (event.type === 'end') expect(got.equals(text)).toBe(true);
      const zlib = attempt(() => gunzipSync(gz));
      if (zlib !== undefined) expect([event.type, got.equals(zlib)]).toEqual(['end', true]);
    });
    expect(outcomes['damaged']).toBeGreaterThan(0);
  });

  it('survives deflate streams made of noise', () => {
    timeBox('noise', FUZZ_MS, 20, (random) => {
      const raw = random.bytes(1 + random.below(3000));
      // Favour dynamic headers: their tables are where hostile input does its work.
      raw[0] = ((raw[0] ?? 0) & ~7) | random.pick([1, 3, 4, 5, 5, 5, 5]);
      const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
      const { text, event } = inflate(Buffer.concat([header, raw]));
      const trailer = Buffer.alloc(8);
      const zlib = attempt(() => inflateRawSync(raw));
      if (zlib === undefined) expect(['truncated', 'damaged']).toContain(event.type);
      else if (event.type !== 'damaged') {
        trailer.writeUInt32LE(crc32(zlib));
        expect(text.equals(zlib)).toBe(true);
      }
    });
  });
});

function mutate(random: Random, gz: Buffer): void {
  const at = random.below(gz.length);
  if (random.chance(0.5)) gz[at] = (gz[at] ?? 0) ^ (1 << random.below(8));
  else gz[at] = random.below(256);
}

function attempt(work: () => Buffer): Buffer | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

const HEADER = [0x1f, 0x8b, 8];
const member = (flags: number, optional: readonly number[], text = 'text\n'): Buffer =>
  Buffer.concat([
    Buffer.from([...HEADER, flags, 1, 2, 3, 4, 0, 3, ...optional]),
    deflateRawSync(text),
    trailer(crc32(text), text.length),
  ]);

function trailer(crc: number, length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(crc, 0);
  bytes.writeUInt32LE(length, 4);
  return bytes;
}

describe('gzip framing', () => {
  const read = (gz: Buffer): [string, Event] => {
    const { text, event } = inflate(gz);
    return [text.toString(), event];
  };

  it('passes over every optional header field', () => {
    const name = [...Buffer.from('trace.pfw\0')];
    const crcOf = (flags: number, optional: number[]): number[] => {
      const crc = crc32(Buffer.from([...HEADER, flags, 1, 2, 3, 4, 0, 3, ...optional]));
      return [...optional, crc & 255, (crc >> 8) & 255];
    };
    const extra = [3, 0, 9, 0, 9];
    expect(read(member(0, []))).toEqual(['text\n', { type: 'end' }]);
    expect(read(member(1, []))).toEqual(['text\n', { type: 'end' }]);
    expect(read(member(8, name))).toEqual(['text\n', { type: 'end' }]);
    expect(read(member(16, name))).toEqual(['text\n', { type: 'end' }]);
    expect(read(member(4, extra))).toEqual(['text\n', { type: 'end' }]);
    expect(read(member(4, [0, 0]))).toEqual(['text\n', { type: 'end' }]);
    expect(read(member(31, crcOf(31, [...extra, ...name, ...name])))).toEqual(['text\n', { type: 'end' }]);
  });

  it('reads a file name longer than its input area', () => {
    const name = Buffer.alloc(700_000, 'n');
    const gz = Buffer.concat([
      Buffer.from([...HEADER, 8, 0, 0, 0, 0, 0, 3]),
      name,
      Buffer.from([0]),
      gzipSync('x').subarray(10),
    ]);
    expect(read(gz)).toEqual(['x', { type: 'end' }]);
  });

  it('refuses headers that are none', () => {
    const wrong = (gz: Buffer): Event => read(gz)[1];
    expect(wrong(Buffer.from('{"name":1}\n'))).toEqual({ type: 'damaged', memberAt: 0, message: 'no gzip header' });
    expect(wrong(member(32, []))).toMatchObject({ type: 'damaged', message: expect.stringContaining('reserved') });
    expect(wrong(member(2, [0, 0]))).toMatchObject({ type: 'damaged', message: expect.stringContaining('checksum') });
    expect(wrong(Buffer.from([0x1f, 0x8b, 7, 0, 0, 0, 0, 0, 0, 3]))).toMatchObject({ type: 'damaged' });
  });

  it('is truncated wherever the file ends inside a member', () => {
    const gz = member(8, [65, 0]);
    for (let length = 0; length < gz.length; length++) {
      expect([length, read(gz.subarray(0, length))[1].type]).toEqual([length, 'truncated']);
    }
  });

  it('joins members and counts them', () => {
    expect(read(Buffer.concat([member(0, [], 'a\n'), member(0, [], ''), member(0, [], 'b\n')]))[0]).toBe('a\nb\n');
    expect(stream.members).toBe(3);
  });

  it('takes zeros behind the members for padding and anything else for garbage', () => {
    const gz = member(0, []);
    expect(read(Buffer.concat([gz, Buffer.alloc(600_000)]))).toEqual(['text\n', { type: 'end' }]);
    expect(read(Buffer.concat([gz, Buffer.from('tail')]))).toEqual(['text\n', { type: 'end', garbageAt: gz.length }]);
    const late = Buffer.alloc(600_000);
    late[599_999] = 1;
    expect(read(Buffer.concat([gz, late]))[1]).toEqual({ type: 'end', garbageAt: gz.length });
  });

  it('names the member whose checksum or length does not fit', () => {
    const good = member(0, [], 'good\n');
    const crc = Buffer.concat([good, member(0, [], 'bad\n')]);
    crc.writeUInt32LE(1, crc.length - 8);
    expect(read(crc)[1]).toEqual({ type: 'damaged', memberAt: good.length, message: 'the CRC of the data is wrong' });
    const length = Buffer.concat([good, member(0, [], 'bad\n')]);
    length.writeUInt32LE(1, length.length - 4);
    expect(read(length)[1]).toMatchObject({ type: 'damaged', message: 'the length of the data is wrong' });
  });

  it('does not reach behind the start of its member', () => {
    // A copy over distance 1 as the very first symbol of the second member.
    const reach = Buffer.from([...HEADER, 0, 0, 0, 0, 0, 0, 3, 0x03, 0x02, 0x00]);
    expect(read(Buffer.concat([member(0, []), reach, Buffer.alloc(8)]))[1]).toMatchObject({
      type: 'damaged',
      message: 'a copy begins before the data',
    });
  });

  it('passes over 300 000 empty blocks without stopping', () => {
    const empty = Buffer.concat(Array.from({ length: 300_000 }, () => Buffer.from([0, 0, 0, 0xff, 0xff])));
    const gz = Buffer.concat([
      Buffer.from([...HEADER, 0, 0, 0, 0, 0, 0, 3]),
      empty,
      deflateRawSync('x'),
      trailer(crc32('x'), 1),
    ]);
    expect(read(gz)).toEqual(['x', { type: 'end' }]);
  });
});
