import { TracerError } from '@tracer/base';
import { validateSync } from 'class-validator';

/**
 * Fills a DTO from a JSON object the way the published agent reads its bodies: keys match without regard to case (the
 * last one wins), unknown keys are ignored, `null` leaves the default, and a body that is `null` is an empty object.
 * The fields are those that `new Dto()` has; their decorators validate.
 * Throws BODY_MALFORMED naming every wrong field.
 */
export function readFields<T extends object>(Dto: new () => T, value: unknown): T {
  const dto = new Dto();
  if (value === null) return dto;
  if (typeof value !== 'object' || Array.isArray(value))
    throw new TracerError('BODY_MALFORMED', `body: is ${kindOf(value)}, expected a JSON object`);
  const fields = new Map(Object.keys(dto).map((name) => [name.toLowerCase(), name]));
  for (const [key, given] of Object.entries(value)) {
    const field = fields.get(key.toLowerCase());
    if (field !== undefined && given !== null) Reflect.set(dto, field, given);
  }
  const wrong = validateSync(dto, { stopAtFirstError: true }).map(({ property, value: given, constraints = {} }) => {
    const expected = Object.values(constraints).join(', ');
    return `${expected.startsWith(property) ? '' : `${property}: `}${expected}, not ${kindOf(given)}`;
  });
  if (wrong.length > 0) throw new TracerError('BODY_MALFORMED', `body: ${wrong.join('; ')}`);
  return dto;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return value === null ? 'null' : 'an object';
  if (typeof value === 'string')
    return value.length > 40 ? `a text of ${value.length} characters` : JSON.stringify(value);
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : typeof value;
}
