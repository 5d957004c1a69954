import type { FilterField } from './filter-form.js';

const choices = (...values: readonly string[]): readonly (readonly [string, string])[] => [
  ['', 'any'],
  ...values.map((value) => [value, value] as const),
];

/** What a stream of events can be filtered by: all but the time. */
export const LIVE_FIELDS: readonly FilterField[] = [
  { key: 'source', label: 'Upstream' },
  { key: 'task', label: 'Task' },
  { key: 'type', label: 'Kind', options: choices('binlog', 'job') },
  {
    key: 'op',
    label: 'Operation',
    options: choices('insert', 'update', 'delete', 'ddl', 'xid', 'flush', 'skip', 'rotate'),
  },
  { key: 'state', label: 'Jobs in state', options: choices('init', 'queued', 'success', 'error') },
  { key: 'groupId', label: 'DDL lock resolution' },
  { key: 'fromPosition', label: 'From position', placeholder: 'mysql-bin.000004:1234' },
  { key: 'toPosition', label: 'To position', placeholder: 'mysql-bin.000004:9999' },
  { key: 'sql', label: 'Statement contains' },
];

/** What stored events are found by. */
export const FILTER_FIELDS: readonly FilterField[] = [
  { key: 'from', label: 'From', placeholder: '2026-11-21T13:00:00Z' },
  { key: 'to', label: 'To, exclusive', placeholder: '2026-11-21T14:00:00Z' },
  ...LIVE_FIELDS,
];
