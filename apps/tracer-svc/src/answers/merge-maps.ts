import { isMap, type JsonMap } from './node-result.js';

/** The answer of one node. */
export interface Part {
  readonly node: string;
  readonly value: JsonMap;
}

/**
 * Unites maps of several nodes by key, and never loses an entry. Parts are taken in node order. Where several nodes use
 * the same key, the first keeps it and the others become `key@node`, so that a reader of the plain key still finds an
 * entry of the shape it knows.
 */
export function mergeMaps(parts: readonly Part[]): JsonMap {
  const merged = new Map<string, unknown>();
  for (const { node, value } of parts)
    for (const [key, item] of Object.entries(value))
      merged.set(merged.has(key) ? freeKey(merged, `${key}@${node}`) : key, item);
  return toObject(merged);
}

/** What each node has under a key, for the keys of all nodes. */
export function groupByKey(parts: readonly Part[]): Map<string, Owned[]> {
  const groups = new Map<string, Owned[]>();
  for (const { node, value } of parts) {
    for (const [key, item] of Object.entries(value)) {
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [{ node, item }]);
      else group.push({ node, item });
    }
  }
  return groups;
}

/** A value and the node that it came from. */
export interface Owned {
  readonly node: string;
  readonly item: unknown;
}

/** An object in key order without a prototype: `__proto__` is a name like any other. */
export function toObject(map: ReadonlyMap<string, unknown>): JsonMap {
  const object = Object.create(null) as Record<string, unknown>;
  for (const key of [...map.keys()].sort()) object[key] = map.get(key);
  return object;
}

/** `item` with `field` set to `value` unless it says something there already. */
export function withDefault(item: unknown, field: string, value: string): unknown {
  if (!isMap(item)) return item;
  const given = item[field];
  return given === undefined || given === '' ? { ...item, [field]: value } : item;
}

function freeKey(taken: ReadonlyMap<string, unknown>, wish: string): string {
  let key = wish;
  for (let count = 2; taken.has(key); count++) key = `${wish}#${count}`;
  return key;
}
