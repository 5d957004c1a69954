import { MembershipFilter } from '../membership-filter.js';

export const FILTER_FIELDS = ['name', 'cat', 'pid', 'tid', 'hhash', 'fhash'] as const;
export type FilterField = (typeof FILTER_FIELDS)[number];

/** A field with more values than this share of the events, or a few hundred, gets no filter: adding to one is slow. */
const EVENTS_PER_VALUE = 1000;
const ALWAYS_VALUES = 256;

/** What the events of a file may have; a field that is absent may have anything. */
export type FileFilters = Readonly<Partial<Record<FilterField, MembershipFilter>>>;

export function filtersOf(values: Readonly<Record<FilterField, readonly string[]>>, events: number): FileFilters {
  const most = Math.max(ALWAYS_VALUES, events / EVENTS_PER_VALUE);
  const entries = FILTER_FIELDS.flatMap((field) =>
    values[field].length > most ? [] : [[field, MembershipFilter.of(values[field])] as const],
  );
  return Object.fromEntries(entries);
}

export function encodeFilters(filters: FileFilters): Buffer {
  const entries = FILTER_FIELDS.map((field) => [field, filters[field]?.snapshot()]);
  return Buffer.from(JSON.stringify(Object.fromEntries(entries)));
}

export function decodeFilters(bytes: Buffer): FileFilters {
  const snapshots = JSON.parse(bytes.toString()) as Partial<Record<FilterField, object>>;
  const entries = FILTER_FIELDS.flatMap((field) => {
    const snapshot = snapshots[field];
    return snapshot === undefined ? [] : [[field, MembershipFilter.restore(snapshot)] as const];
  });
  return Object.fromEntries(entries);
}
