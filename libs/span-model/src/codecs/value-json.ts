import { Attributes, type AttributeValue } from '../attributes.js';

/**
 * An attribute value as JSON text, for places that know only text: 64-bit integers as numbers with all their digits,
 * bytes in base64, what JSON cannot say (NaN, infinities) as strings, nothing as null.
 */
export function jsonOfValue(value: AttributeValue): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? JSON.stringify(value) : `"${value}"`;
  if (value === undefined) return 'null';
  if (value instanceof Attributes) return jsonOfAttributes(value);
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('base64')}"`;
  return `[${value.map(jsonOfValue).join(',')}]`;
}

export function jsonOfAttributes(attributes: Attributes): string {
  const members = Array.from(attributes.entries(), ([key, value]) => `${JSON.stringify(key)}:${jsonOfValue(value)}`);
  return `{${members.join(',')}}`;
}

/** The value as a tag has it: strings as they are, bytes in base64, everything else as its JSON text. */
export function textOfValue(value: AttributeValue): string {
  if (typeof value === 'string') return value;
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : jsonOfValue(value);
}
