/** Random traces of some hundred kilobytes and random filters on them: for readers that work on pieces of a file. */
import { Filter, type Term } from '../query/filter.js';
import { gzipOf, traceLines, DIALECTS } from './trace-lines.js';
import type { Random } from './time-box.js';

const US = 1_713_456_789_012_345;

const ODD_LINES = [
  '',
  '[',
  ']',
  ',',
  'no json',
  '{"name":"cut',
  '{}',
  '{"name":5,"cat":null,"ts":"x","dur":{},"pid":[],"ph":true}',
  '{"name":"read","name":"dup","ts":1,"ts":2,"ph":"X"}',
  '{"n\\u0061me":"escaped","cat":"e\\"sc","ts":1e3,"dur":2.5,"pid":1e0,"tid":-3,"ph":"i"}',
  '{"name":"big","ts":9007199254740993,"dur":123456789012345678,"pid":4294967296,"tid":0.5,"ph":"X"}',
  '{"name":"neg","cat":"POSIX","ts":-5,"dur":-10,"pid":-1,"tid":"-1","ph":"X"}',
  '{"name":"ph","ph":4.0,"args":{"name":"n"}}',
  '{"name":"FH","ph":"\\u004d","args":{"name":"odd","value":"odd"}}',
  '{"name":"read","cat":"POSIX","ts":5,"ph":"X","args":{"fh\\u0061sh":"odd","hhash":null}}',
  ' {"name":"blank","cat":"POSIX","pid":1,"tid":1,"ts":7,"dur":1,"ph":"X","args":{}} ,',
  '{"name":"","cat":"","pid":1,"tid":1,"ts":4,"dur":0,"ph":"X","args":{}}',
  '{"name":"fread","cat":"STDIO","ts":9,"ph":"X","args":{"ret":3,"size":8}}',
  '{"name":"fwrite","ts":9,"ph":"X","args":{"ret":"3","size":0.5,"ret":2e1}}',
  '{"name":"write","ts":9,"ph":"X","args":{"ret":-1,"bytes":5}}',
  '{"name":"recv","ts":9,"ph":"X","args":{"bytes":123456789012,"ret":"x"}}',
  '{"name":"pread64","ts":9,"ph":"X","args":{"size":1.5,"ret":null}}',
  '{"name":"r\\u0065ad","ts":9,"ph":"X","args":{"ret":7}}',
  '{"name":"read","ts":9,"ph":"X","args":{"r\\u0065t":77}}',
  '{"name":"read","ts":9,"ph":"X","args":[{"ret":1}]}',
  '{"name":"é","cat":"\u{1f600}","ts":8,"ph":"X"}\r',
  `{"name":"long","cat":"POSIX","ts":${US},"dur":3,"ph":"X","args":{"x":"${'y'.repeat(90_000)}"}}`,
];

/** A definition that stands behind some of the events that refer to it, or twice. */
const late = (random: Random): string =>
  `{"name":"FH","ph":"M","pid":100,"tid":100,"args":{"name":"late ${random.below(3)}","value":"${hex(random.below(8))}"}}`;
const hex = (n: number): string => `ff${n.toString(16).padStart(14, '0')}`;

/** Lines of one dialect or several, with a share of odd ones. */
export function randomLines(random: Random, most: number): string[] {
  const lines: string[] = [];
  const odd = random.pick([0, 0, 0.01, 0.2]);
  while (lines.length < most && (lines.length === 0 || random.chance(0.6))) {
    const events = 1 + random.below(most - lines.length);
    const spec = { dialect: random.pick(DIALECTS), events, seed: random.below(1000) + 1, files: 1 + random.below(40) };
    lines.push(...traceLines({ ...spec, threads: 1 + random.below(300), startUs: US + random.below(3) * 2 ** 33 }));
  }
  return lines.flatMap((line) => {
    if (!random.chance(odd)) return [line];
    return random.chance(0.5) ? [random.pick(ODD_LINES), line] : [line, late(random)];
  });
}

/** A file of these lines, sometimes cut, damaged, or with something behind it. */
export function randomFile(random: Random, lines: readonly string[]): { bytes: Buffer; format: 'gzip' | 'plain' } {
  const text = lines.join('\n') + (random.chance(0.8) ? '\n' : '');
  const format = random.chance(0.75) ? 'gzip' : 'plain';
  const packing = { members: random.pick([1, 1, 3, 40]), level: random.pick([0, 1, 6, 9]), strategy: random.below(5) };
  const bytes = format === 'gzip' ? gzipOf(text, packing) : Buffer.from(text);
  const kind = random.below(10);
  if (kind === 0) return { format, bytes: bytes.subarray(0, random.below(bytes.length + 1)) };
  if (kind === 1 && bytes.length > 0) bytes[random.below(bytes.length)] = random.below(256);
  if (kind === 2)
    return { format, bytes: Buffer.concat([bytes, random.chance(0.5) ? Buffer.alloc(9) : Buffer.from('x')]) };
  return { format, bytes };
}

const NAMES = ['read', 'write', 'train_step', 'close', 'none', 'escaped', 'dup', 'é', 'long', ''];
const CATS = ['POSIX', 'STDIO', 'APP', 'MPI', 'e"sc', ''];

/** A filter of a few terms, most of which have hits in `randomLines`. */
export function randomFilter(random: Random): Filter {
  const terms: Term[] = [];
  const some = (values: readonly string[]): Set<string> => new Set([random.pick(values), random.pick(values)]);
  const operator = (): '=' | '!=' | '>=' | '<=' | '>' | '<' => random.pick(['=', '!=', '>=', '<=', '>', '<']);
  const number = (field: 'pid' | 'tid' | 'ts' | 'dur', value: number): void => {
    const orAbsent = random.chance(0.1);
    if (random.chance(0.2)) terms.push({ kind: 'number', field, op: 'in', values: [value, value + 1, -1], orAbsent });
    else terms.push({ kind: 'number', field, op: operator(), values: [value], orAbsent });
  };
  if (random.chance(0.3)) terms.push({ kind: 'text', field: 'name', values: some(NAMES), negated: random.chance(0.2) });
  if (random.chance(0.2)) terms.push({ kind: 'text', field: 'cat', values: some(CATS), negated: random.chance(0.2) });
  if (random.chance(0.15)) number('pid', random.pick([100, -1, 4294967296]));
  if (random.chance(0.15)) number('tid', 100 + random.below(300));
  if (random.chance(0.15)) number('ts', US + random.below(1e5));
  if (random.chance(0.2)) number('dur', random.pick([0, 1, 399, 5000, 2.5, -10]));
  if (random.chance(0.3)) {
    const minUs = random.pick([0, -Infinity, US + random.below(200_000)]);
    const maxUs = random.pick([Infinity, US + random.below(1e6), US + 2 ** 34]);
    terms.push({ kind: 'time', minUs, maxUs, overlap: random.chance(0.5) });
  }
  if (random.chance(0.1))
    terms.push({ kind: 'ph', op: random.pick(['=', '!=']), operands: [random.pick(['X', 'C', 1])] });
  if (random.chance(0.2)) terms.push(argTerm(random));
  return new Filter(terms);
}

function argTerm(random: Random): Term {
  const key = random.pick(['ret', 'fhash', 'hhash', 'level', 'none']);
  if (key === 'fhash') {
    const operands = [hex(random.below(50)), random.pick(['33001', '33002', 'odd', hex(1)])];
    return random.chance(0.5)
      ? { kind: 'arg', key, op: '=', operands: operands.slice(0, 1) }
      : { kind: 'arg', key, op: 'in', operands };
  }
  if (key === 'hhash') return { kind: 'arg', key, op: random.pick(['=', '!=']), operands: ['aa00000000000001'] };
  return { kind: 'arg', key, op: random.pick(['=', '>=', '<']), operands: [random.pick([1, 2, 4096 * 3])] };
}
