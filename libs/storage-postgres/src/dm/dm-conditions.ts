import type { DmEventFilter } from '@tracer/storage';
import { digestOf } from '../digest.js';

/**
 * What the rows of matching events fulfil, as SQL; `dmEventMatches` decides among them. `sources` are the ids of the
 * sources that the filter names. Appends its values to `values`.
 */
export function conditionsOf(
  { fromTso, toTso, type, opType, jobState, groupId, fromPosition, toPosition, sql }: DmEventFilter,
  sources: readonly number[] | undefined,
  values: unknown[],
): string {
  const conditions = ['true'];
  const add = (given: unknown, condition: (parameter: string) => string): void => {
    if (given === undefined) return;
    values.push(typeof given === 'bigint' ? String(given) : given);
    conditions.push(condition(`$${values.length}`));
  };
  add(fromTso, (p) => `tso >= ${p}`);
  add(toTso, (p) => `tso < ${p}`);
  add(sources, (p) => `source = ANY (${p}::int[])`);
  add(type, (p) => `type = ${p}`);
  add(opType, (p) => `op_type = ${p}`);
  // Written out, so that the index of failed jobs is found.
  if (jobState === 3) conditions.push('job_state = 3');
  else add(jobState, (p) => `job_state = ${p}`);
  if (groupId?.length === 0) conditions.push('group_digest IS NULL');
  else add(groupId && digestOf(groupId).toString('hex'), (p) => `group_digest = ${p}::uuid`);
  for (const [position, comparison] of [
    [fromPosition, '>='],
    [toPosition, '<='],
  ] as const)
    add(position?.name, (name) => {
      values.push(position?.pos);
      return `(pos_name, pos) ${comparison} (${name}, $${values.length}::bigint)`;
    });
  // Statements stand in the bytes of an event as they are; other texts of the event may hold them too.
  add(sql, (p) => `position(${p}::bytea IN wire) > 0`);
  return conditions.join(' AND ');
}
