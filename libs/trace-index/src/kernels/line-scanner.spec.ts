import { beforeAll, describe, expect, it } from '@jest/globals';
import { MAX_LINE_BYTES } from '../query/file-facts.js';
import { HASH_REFERENCES } from '../query/trace-event.js';
import { TraceRecord } from '../query/trace-record.js';
import { numericArg } from '../query/transfer.js';
import { timeBox, type Random } from '../testing/time-box.js';
import { DIALECTS, traceLines } from '../testing/trace-lines.js';
import { DictionaryOverflow } from './dictionary.js';
import { HASH_KEYS, KIND, LineScanner } from './line-scanner.js';
import { TraceKernels } from './trace-kernels.js';

const FUZZ_MS = Number(process.env['FUZZ_MS'] ?? 400);
const AREA_BYTES = MAX_LINE_BYTES + (1 << 20);
const kernels = new TraceKernels();
const scanner = new LineScanner(kernels);
const area = kernels.allocate(AREA_BYTES);

interface Row {
  kind: string;
  name?: string | undefined;
  cat?: string | undefined;
  ph?: string | number | undefined;
  pid?: number | undefined;
  tid?: number | undefined;
  ts?: number | undefined;
  dur?: number | undefined;
  returned?: number | undefined;
  itemSize?: number | undefined;
}

const KINDS = ['', 'nothing', 'invalid', 'oversized'];
const present = (value: number | undefined): number | undefined => (Number.isNaN(value) ? undefined : value);
const text = (id: number | undefined): string | undefined =>
  id === undefined || id === 0 ? undefined : scanner.texts.text(id).toString();

/** What the kernel and the host made of the lines of `bytes`. */
function scan(bytes: Buffer): { rows: Row[]; metadata: string[] } {
  kernels.bytes.set(bytes, area);
  const metadata: string[] = [];
  scanner.scan(area, area + bytes.length, (record) => {
    metadata.push(record.bytes.toString('latin1', record.start, record.end));
  });
  const { count, ...at } = scanner.rows;
  const columns = { ts: kernels.f64(at.ts, count), dur: kernels.f64(at.dur, count) };
  const measures = { returned: kernels.f64(at.returned, count), itemSize: kernels.f64(at.itemSizes, count) };
  const ids = { class: kernels.u32(at.classes, count), lane: kernels.u32(at.lanes, count) };
  const rows = Array.from({ length: count }, (_, row): Row => {
    const classId = ids.class[row] ?? 0;
    const [name, cat, phase, kind] = scanner.classes.words().subarray(classId * 4, classId * 4 + 4);
    if (classId < 4) return { kind: KINDS[classId] ?? '' };
    const [pid, tid] = scanner.lanes.doubles().subarray((ids.lane[row] ?? 0) * 2);
    return {
      kind: kind === KIND.metadata ? 'metadata' : 'event',
      name: decoded(text(name)),
      cat: decoded(text(cat)),
      ph: phaseOf(text(phase)),
      pid: present(pid),
      tid: present(tid),
      ts: present(columns.ts[row]),
      dur: present(columns.dur[row]),
      returned: present(measures.returned[row]),
      itemSize: present(measures.itemSize[row]),
    };
  });
  return { rows, metadata };
}

const phaseOf = (raw: string | undefined): string | number | undefined =>
  raw === undefined ? undefined : raw.startsWith('"') ? (JSON.parse(raw) as string) : Number(raw);
const decoded = (raw: string | undefined): string | undefined =>
  raw === undefined ? undefined : (JSON.parse(`"${raw}"`) as string);

/** The same by the reference reader. */
function expected(bytes: Buffer): { rows: Row[]; metadata: string[] } {
  const rows: Row[] = [];
  const metadata: string[] = [];
  const record = new TraceRecord();
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(10, start);
    const kind = end - start > MAX_LINE_BYTES ? 'oversized' : record.read(bytes, start, end);
    if (kind === 'record') {
      const { name, cat, ph, pid, tid, ts, dur, isMetadata } = record;
      const itemSize = numericArg(record, 'size');
      const returned = numericArg(record, 'ret') ?? numericArg(record, 'bytes') ?? itemSize;
      rows.push({ kind: isMetadata ? 'metadata' : 'event', name, cat, ph, pid, tid, ts, dur, returned, itemSize });
      if (isMetadata) metadata.push(bytes.toString('latin1', record.start, record.end));
    } else rows.push({ kind });
    start = end + 1;
  }
  return { rows, metadata };
}

function check(lines: readonly (string | Buffer)[]): void {
  scanner.reset();
  const bytes = Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')]));
  const got = scan(bytes);
  const want = expected(bytes);
  expect(got.rows).toHaveLength(lines.length);
  // Equal as numbers: JSON knows no -0, comparisons do not, either.
  const odd = lines.findIndex((_, i) => JSON.stringify(got.rows[i]) !== JSON.stringify(want.rows[i]));
  if (odd >= 0) expect([lines[odd]?.toString('latin1'), got.rows[odd]]).toEqual([undefined, want.rows[odd]]);
  expect(got.metadata).toEqual(want.metadata);
  const wrong = lines.findIndex(
    (line, i) => isRecord(line.toString()) !== ['event', 'metadata'].includes(kindAt(got, i)),
  );
  if (wrong >= 0) expect([lines[wrong]?.toString(), kindAt(got, wrong)]).toEqual(['what JSON.parse says', '']);
}

const kindAt = (scanned: { rows: Row[] }, i: number): string => scanned.rows[i]?.kind ?? '';

/** No regular expression: a line of 16 MiB of blanks takes more stack than there is. */
function withoutBlanks(line: string): string {
  let [start, end] = [0, line.length];
  while (' \t\r'.includes(line.charAt(start)) && start < end) start++;
  while (' \t\r'.includes(line.charAt(end - 1)) && end > start) end--;
  return line.slice(start, end);
}

/** What JSON.parse says of a line. */
function isRecord(line: string): boolean {
  const object = withoutBlanks(withoutBlanks(line).replace(/,$/, ''));
  if (!object.startsWith('{') || line.length > MAX_LINE_BYTES) return false;
  try {
    JSON.parse(object);
    return true;
  } catch {
    return false;
  }
}

const PIECES = [
  ...['"', '\\', '\\u0061', '\\u00e9', '\\"', '{', '}', '[', ']', ',', ':', ' ', '\t', '\r', '\0', '\x7f', 'é', '-'],
  ...[
    '0',
    '1',
    '9',
    '.',
    'e',
    'E',
    '+',
    '12345678',
    '0000000000000000000000000',
    '9007199254740993',
    '1e3',
    '-0',
    '0.1',
  ],
  ...['true', 'false', 'null', '"name":', '"ts":', '"dur":1,', '"pid":"7",', '"tid":{},', '"ph":"M",', '"ph":4,'],
  ...[
    '"args":{',
    '"args":[],',
    '"fhash":"a"',
    '"n\\u0061me":"x",',
    '"cat":null,',
    '"ts":"x",',
    '"cat":"\\ud800",',
    '"ret":',
    '"size":',
    '"bytes":',
    '"ret":5,',
  ],
];

function mutated(random: Random, line: string): Buffer {
  let bytes = Buffer.from(line);
  for (let n = random.below(4); n > 0; n--) {
    const at = random.below(bytes.length + 1);
    const cut = random.chance(0.4) ? random.below(6) : 0;
    const piece = random.chance(0.1) ? random.bytes(1) : Buffer.from(random.chance(0.8) ? random.pick(PIECES) : '');
    bytes = Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at + cut)]);
  }
  return Buffer.from(bytes.map((byte) => (byte === 10 ? 32 : byte)));
}

describe('LineScanner against the reference reader', () => {
  const lines = DIALECTS.flatMap((dialect) => traceLines({ dialect, events: 40, seed: 7 }));

  it.each(DIALECTS)('reads the %s dialect', (dialect) => {
    check(traceLines({ dialect, events: 500, threads: 5, files: 30 }));
  });

  it('reads every line that can be made of them by small damage', () => {
    timeBox('mutated lines', FUZZ_MS, 20, (random) => {
      check(Array.from({ length: 200 }, () => mutated(random, random.pick(lines))));
    });
  });

  it('reads lines composed of pieces', () => {
    timeBox('composed lines', FUZZ_MS, 20, (random) => {
      const compose = (): string =>
        (random.chance(0.9) ? '{' : '') +
        Array.from({ length: random.below(8) }, () => random.pick(PIECES)).join('') +
        random.pick(['}', '', ',', '"id":1}', '"x":0}']);
      check(Array.from({ length: 200 }, compose));
    });
  });

  it('reads numbers as the reference does', () => {
    const numbers = ['0', '-0', '1.5', '-12.25', '0.1', '123456789012345', '1234567890123456', '9007199254740992'];
    numbers.push('9007199254740993', '9509357668201227806', '1e3', '1E-2', '1e400', '00', '01', '1.', '.5', '-', '--1');
    numbers.push(
      '0.30000000000000004',
      '1234567.12345678',
      '12345678.12345678',
      '+1',
      '0x10',
      ' 1',
      '1 ',
      '',
      '1e',
      '-.5',
    );
    const all = numbers.flatMap((n) => [n, `"${n}"`]);
    check(
      all.flatMap((n) =>
        ['ts', 'dur', 'pid', 'tid'].map((key) => `{"name":"a","cat":"b","pid":1,"${key}":${n},"ph":"X"}`),
      ),
    );
    check(
      all.map((n) => `{"id":1,"name":"a","cat":"b","pid":${n},"tid":${n},"ts":${n},"dur":${n},"ph":"X","args":{}}`),
    );
  });

  it('reads phases as the reference does', () => {
    const phases = [
      '"M"',
      '4',
      '4.0',
      '0.4e1',
      '"\\u004d"',
      '"m"',
      '""',
      '12',
      '-1',
      'null',
      '"MM"',
      '"é"',
      '{}',
      '1e999',
    ];
    check(
      phases.map((ph) => `{"id":1,"name":"FH","cat":"b","pid":1,"tid":1,"ph":${ph},"args":{"name":"x","value":"y"}}`),
    );
  });

  it('takes the last of duplicate keys', () => {
    check([
      '{"name":"a","name":"b","cat":"c","ts":1,"ts":2,"ph":"M","ph":"X"}',
      '{"name":"a","name":5,"ts":1,"ts":null}',
      '{"id":1,"name":"a","cat":"b","pid":1,"tid":1,"ts":1,"dur":1,"ph":"X","args":{},"ts":9}',
    ]);
  });

  it('tells lines that are no record', () => {
    check([
      '',
      '[',
      ']',
      ' [ ',
      '],',
      ',',
      ' ,',
      '[,',
      '{}',
      '{},',
      '{} , ',
      '{} ,,',
      '{}}',
      '[{}]',
      '{',
      '}',
      '"x"',
      '\r',
    ]);
  });

  it('follows nesting as deep as the line goes', () => {
    const deep = (levels: number): string => `{"name":"deep","args":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    const mixed = (levels: number): string => `{"args":${'{"a":['.repeat(levels)}${']}'.repeat(levels)}}`;
    check([deep(10_000), deep(8192), deep(8193), `${deep(10_000).slice(0, -2)}}`, mixed(5000), deep(3)]);
  });

  it('reads lines over 64 KiB and refuses those over 16 MiB', () => {
    const long = (length: number): string => {
      const head = '{"name":"long","cat":"c","pid":1,"tid":1,"ts":1,"dur":2,"ph":"X","args":{"a":"';
      return `${head}${'x'.repeat(length - head.length - 3)}"}}`;
    };
    check([long(70_000), long(200_000), long(MAX_LINE_BYTES), '{"ts":1}']);
    check([long(MAX_LINE_BYTES + 1), '{"ts":1}']);
    check([' '.repeat(MAX_LINE_BYTES + 1)]);
  });

  it('keeps names and categories apart that only look alike together', () => {
    const line = (name: string, cat: string): string => `{"name":"${name}","cat":"${cat}","pid":1,"tid":1,"ph":"X"}`;
    check([
      line('a', 'bc'),
      line('ab', 'c'),
      line('', 'abc'),
      line('abc', ''),
      line('', ''),
      line('a\\"', 'b'),
      line('x'.repeat(90), 'y'),
    ]);
  });
});

describe('LineScanner dictionaries', () => {
  it('grow with the file', () => {
    const line = (i: number): string =>
      `{"name":"n${i}","cat":"c${i % 7000}","pid":${i},"tid":${i % 3},"ts":${i},"dur":1,"ph":"X","args":{"fhash":"f${i}"}}`;
    check(Array.from({ length: 20_000 }, (_, i) => line(i)));
    expect(scanner.hashes.count).toBe(20_000);
    expect(scanner.hashesLost).toBe(false);
  });

  it('keep working after a growth inside a line that the host reads', () => {
    const line = (i: number): string => `{"n\\u0061me":"n${i}${'x'.repeat(300)}","pid":1e${i % 30},"ph":"i"}`;
    check(Array.from({ length: 6000 }, (_, i) => line(i)));
  });

  it('end the scan when a file has too many distinct texts', () => {
    scanner.reset();
    const name = (i: number): Buffer => Buffer.alloc(1 << 20, `${i};`);
    const line = (i: number): Buffer => Buffer.concat([Buffer.from('{"name":"'), name(i), Buffer.from('"}\n')]);
    expect(() => {
      for (let i = 0; i < 100; i++) {
        scanner.beginChunk(0);
        scan(line(i));
      }
    }).toThrow(DictionaryOverflow);
  });
});

describe('hashes in args', () => {
  beforeAll(() => {
    scanner.reset();
  });

  const uses = (): Record<string, readonly number[]> =>
    Object.fromEntries(
      Array.from({ length: scanner.hashes.count }, (_, i) => {
        const { firstChunk, lastChunk, keys } = scanner.hashUse(i + 1);
        return [scanner.hashes.text(i + 1).toString(), [firstChunk, lastChunk, keys]];
      }),
    );

  it('are noted with the chunks that have them, however the line is written', () => {
    const known = (args: string): string =>
      `{"id":1,"name":"a","cat":"b","pid":1,"tid":1,"ts":1,"dur":1,"ph":"X","args":${args}}\n`;
    scan(Buffer.from(known('{"hhash":"h1","fhash":9509357668201227806}') + known('{"ret":1,"shash":"s"}')));
    expect(scanner.hashBits.some((byte) => byte !== 0)).toBe(true);
    scanner.beginChunk(1);
    expect(scanner.hashBits.some((byte) => byte !== 0)).toBe(false);
    scan(Buffer.from(known('{"hhash": "h1" , "cmd_hash":7,"exec_hash":"e","dhash":"no","hash":"no","fhash":null}')));
    scanner.beginChunk(2);
    scan(Buffer.from(known('{"fhash":"\xff\xe9"}'), 'latin1'));
    scan(
      Buffer.from(known('{"fh\\u0061sh":"esc\\u0061ped","hhash":"h1","nested":{"fhash":"no"},"x":"fhash\\":\\"no"}')),
    );
    expect(uses()).toEqual({
      h1: [0, 2, 2],
      '9509357668201227806': [0, 0, 1],
      s: [0, 0, 4],
      '7': [1, 1, 8],
      e: [1, 1, 16],
      escaped: [2, 2, 1],
      // As the reference decodes it: both bytes are no UTF-8.
      '\ufffd\ufffd': [2, 2, 1],
    });
    expect([...HASH_KEYS.keys()].sort()).toEqual(Object.values(HASH_REFERENCES).flat().sort());
  });
});
