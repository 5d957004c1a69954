import { groupByKey, mergeMaps, toObject, withDefault, type Owned, type Part } from './merge-maps.js';
import { isMap, type JsonMap } from './node-result.js';

/**
 * Pods of all nodes: pod → `{Containers}`. A pod name that occurs on several nodes (the `host` pod does on each) holds
 * the containers of all of them; a container name that occurs twice in it is kept as `name` and `name@node`. Every
 * container says which node it is on. Other fields of a pod are those of the first node.
 */
export function mergePods(parts: readonly Part[]): JsonMap {
  return mapEntries(groupByKey(parts), (pods) => {
    const containers = pods.map(({ node, item }) => ({ node, value: containersOf(item, node) }));
    const fields = pods.map(({ item }) => (isMap(item) ? item : {})).reduce((first, next) => ({ ...next, ...first }));
    return { ...fields, Containers: mergeMaps(containers) };
  });
}

function containersOf(pod: unknown, node: string): JsonMap {
  const containers = isMap(pod) && isMap(pod['Containers']) ? pod['Containers'] : {};
  return mapEntries(new Map(Object.entries(containers)), (container) => withDefault(container, 'node', node));
}

/** Sessions of all nodes: id → session. Each says which node it is on. */
export function mergeSessions(parts: readonly Part[]): JsonMap {
  const named = parts.map(({ node, value }) => ({
    node,
    value: mapEntries(new Map(Object.entries(value)), (session) => withDefault(session, 'Node', node)),
  }));
  return mergeMaps(named);
}

/**
 * Hooks of all nodes: group → `{Tracers: {hook}}`. A hook that some nodes cannot run is there as long as one can; it
 * lists the nodes that can (`nodes`) and why the others cannot (`unavailableOn`).
 */
export function mergeHooks(parts: readonly Part[]): JsonMap {
  return mapEntries(groupByKey(parts), (groups) => {
    const tracers = groups.map(({ node, item }) => {
      const map = isMap(item) ? item['Tracers'] : undefined;
      return { node, value: isMap(map) ? map : {} };
    });
    const fields = groups.map(({ item }) => (isMap(item) ? item : {})).reduce((first, next) => ({ ...next, ...first }));
    return { ...fields, Tracers: mapEntries(groupByKey(tracers), oneHook) };
  });
}

function oneHook(ways: readonly Owned[], name: string): JsonMap {
  const hooks = ways.map(({ node, item }) => ({ node, hook: isMap(item) ? item : { Name: name } }));
  const able = hooks.filter(({ hook }) => hook['unavailable'] === undefined);
  const reasons = hooks.flatMap(({ node, hook }): [string, unknown][] =>
    hook['unavailable'] === undefined ? [] : [[node, hook['unavailable']]],
  );
  return {
    ...(able[0] ?? hooks[0])?.hook,
    nodes: able.map(({ node }) => node),
    ...(reasons.length > 0 ? { unavailableOn: toObject(new Map(reasons)) } : {}),
  };
}

function mapEntries<T>(map: ReadonlyMap<string, T>, change: (value: T, key: string) => unknown): JsonMap {
  return toObject(new Map([...map].map(([key, value]) => [key, change(value, key)])));
}
