/** Random traces and random queries about them, for property tests of every reader. */
import fc from 'fast-check';
import { Filter, type Term } from '../query/filter.js';
import type { NaiveQuery } from './naive-query.js';

const NAMES = ['read', 'write', 'a,b', 'é😀', '', 'quo"te', 'back\\slash'];
const CATS = ['POSIX', 'posix', 'APP', ''];
const HASHES = ['f1', 'f2', 'f3', 'h1'];
const BASE_US = 1_700_000_000_000_000;

const timeUs = fc.oneof(
  fc.integer({ min: 0, max: 3000 }).map((n) => BASE_US + n),
  fc.constantFrom(0, -5, BASE_US + 0.5, 9_007_199_254_740_991),
);
const durationUs = fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.constantFrom(0, 0.5, 12.25, 1e6, -3));
const id = fc.constantFrom(1, 2, 3, 70_000, -1);

/** A number as one of the dialects writes it. */
const written = (value: fc.Arbitrary<number>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 6, arbitrary: value },
    { weight: 2, arbitrary: value.map(String) },
    { weight: 1, arbitrary: fc.constantFrom(null, 'x', true) },
  );

const args = fc.record(
  {
    fhash: fc.constantFrom(...HASHES),
    hhash: fc.constantFrom(...HASHES),
    cmd_hash: fc.constantFrom(...HASHES),
    ret: fc.integer(),
    text: fc.string({ maxLength: 5 }),
  },
  { requiredKeys: [] },
);
const event = fc.record(
  {
    id: fc.nat(),
    name: fc.constantFrom(...NAMES),
    cat: fc.constantFrom(...CATS),
    pid: written(id),
    tid: written(id),
    ts: written(timeUs),
    dur: written(durationUs),
    ph: fc.constantFrom('X', 'C', 'i', 1, 2),
    args,
  },
  { requiredKeys: [] },
);
const metadata = fc.record({
  name: fc.constantFrom('FH', 'HH', 'SH', 'thread_name', 'PR'),
  pid: id,
  ph: fc.constantFrom('M', 4),
  args: fc.record({ name: fc.string({ maxLength: 8 }), value: fc.constantFrom(...HASHES) }),
});
const record = fc
  .oneof({ weight: 4, arbitrary: event }, { weight: 2, arbitrary: metadata })
  .map((value) => JSON.stringify(value));
const dressed = fc
  .tuple(fc.constantFrom('', ' ', '\t'), record, fc.constantFrom('', '', '', ',', ' ,\r', '\r'))
  .map((parts) => parts.join(''));
const odd = fc.constantFrom(
  '',
  '[',
  ']',
  '],',
  'not json',
  '{"name":',
  '{}',
  '{"a":1}}',
  '[{"ts":1}]',
  '{"name":"x","name":"read","ts":1,"ts":2}',
);

/** The lines of one file. */
export const arbitraryLines: fc.Arbitrary<string[]> = fc.array(
  fc.oneof({ weight: 8, arbitrary: dressed }, { weight: 1, arbitrary: odd }),
  { maxLength: 60 },
);

/** How the lines become a file. */
export const arbitraryPacking = fc.record({
  gzip: fc.boolean(),
  members: fc.integer({ min: 1, max: 5 }),
  level: fc.constantFrom(0, 1, 6, 9),
  strategy: fc.integer({ min: 0, max: 4 }),
  lastNewline: fc.boolean(),
});

const subset = (values: readonly string[]): fc.Arbitrary<string[]> =>
  fc.subarray([...values], { minLength: 1, maxLength: 3 });

const conditions = {
  cat: subset(CATS),
  name: subset(NAMES),
  pid: id,
  tid: id,
  tsMin: timeUs,
  tsMax: timeUs,
  overlap: fc.boolean(),
  durMin: durationUs,
  durMax: durationUs,
  limit: fc.integer({ min: 0, max: 12 }),
};
type Condition = keyof typeof conditions;

/** Few conditions at a time: a query that asks for everything at once hits nothing. */
export const arbitraryQuery: fc.Arbitrary<NaiveQuery> = fc
  .tuple(
    fc.record(conditions),
    fc.subarray(Object.keys(conditions) as Condition[], { maxLength: 3 }),
    fc.constantFrom('all' as const, 'referenced' as const, 'none' as const),
  )
  .map(([all, asked, metadata]) => ({ ...Object.fromEntries(asked.map((key) => [key, all[key]])), metadata }));

/** The same question as a `Filter`. */
export function filterOf(query: NaiveQuery): Filter {
  const terms: Term[] = [];
  if (query.cat) terms.push({ kind: 'text', field: 'cat', values: new Set(query.cat), negated: false });
  if (query.name) terms.push({ kind: 'text', field: 'name', values: new Set(query.name), negated: false });
  for (const field of ['pid', 'tid'] as const) {
    const value = query[field];
    if (value !== undefined) terms.push({ kind: 'number', field, op: '=', values: [value], orAbsent: false });
  }
  if (query.tsMin !== undefined || query.tsMax !== undefined) {
    const { tsMin: minUs = -Infinity, tsMax: maxUs = Infinity, overlap = false } = query;
    terms.push({ kind: 'time', minUs, maxUs, overlap });
  }
  if (query.durMin !== undefined)
    terms.push({ kind: 'number', field: 'dur', op: '>=', values: [query.durMin], orAbsent: false });
  if (query.durMax !== undefined)
    terms.push({ kind: 'number', field: 'dur', op: '<=', values: [query.durMax], orAbsent: false });
  return new Filter(terms);
}
