import { TracerError } from '@tracer/base';
import { termOf, type Condition, type Term } from '@tracer/trace-index';

/** Reads `filters`: one condition or an array of them, `{"field": "dur", "op": ">=", "value": 500}`. */
export function filterTerms(given: unknown): Term[] {
  return items(given).map((item, i) => {
    const where = `filters[${i}]`;
    const { field, op, value } = objectOf(item, where);
    if (typeof field !== 'string') throw invalid(where, 'expected a text as field');
    if (typeof op !== 'string') throw invalid(where, 'expected a text as op');
    return termOf({ field, op, value }, where);
  });
}

/** Reads `lanes`: one `{"field": "pid", "value": 7}` or an array of them, each an equality; `fields` is the same as `field`. */
export function laneTerms(given: unknown): Term[] {
  return items(given).map((item, i) => {
    const where = `lanes[${i}]`;
    const { field, fields, value } = objectOf(item, where);
    const name = field ?? fields;
    if (typeof name !== 'string') throw invalid(where, 'expected a text as field');
    const condition: Condition = { field: name, op: '=', value };
    return termOf(condition, where);
  });
}

function items(given: unknown): unknown[] {
  if (given === undefined) return [];
  return Array.isArray(given) ? (given as unknown[]) : [given];
}

function objectOf(item: unknown, where: string): Readonly<Record<string, unknown>> {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) throw invalid(where, 'expected an object');
  return item as Record<string, unknown>;
}

function invalid(where: string, problem: string): TracerError {
  return new TracerError('VALIDATION', `${where}: ${problem}`);
}
