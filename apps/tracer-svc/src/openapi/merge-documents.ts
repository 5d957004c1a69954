import type { OpenAPIObject } from '@nestjs/swagger';

/** One service's part of the merged document. */
export interface ServiceDocument {
  readonly service: string;
  readonly document: unknown;
  /** Whether the gateway passes this path on to the service. */
  readonly owns: (path: string) => boolean;
}

export interface MissingDocument {
  readonly service: string;
  readonly problem: string;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Adds the paths that are reached through the gateway to its own document. Components of a service are renamed to
 * `<service>.<name>`, so that two services may use one name for two things; operation ids and tags alike. A service
 * whose document cannot be had is named in the description.
 */
export function mergeDocuments(
  own: OpenAPIObject,
  services: readonly ServiceDocument[],
  missing: readonly MissingDocument[],
): OpenAPIObject {
  const parts = services.map(partOf);
  const notes = missing.map(({ service, problem }) => `The routes of ${service} are missing here: ${problem}.`);
  return {
    ...own,
    info: { ...own.info, description: [own.info.description ?? '', ...notes].join('\n\n').trim() },
    paths: unite([...parts.map(({ paths }) => paths), own.paths]) as OpenAPIObject['paths'],
    components: mergeComponents([...parts.map(({ components }) => components), { ...own.components }]),
  };
}

function partOf({ service, document, owns }: ServiceDocument): { readonly paths: Json; readonly components: Json } {
  const { paths, components } = rename(recordOf(document), service) as { paths?: unknown; components?: unknown };
  return {
    paths: Object.fromEntries(Object.entries(recordOf(paths)).filter(([path]) => owns(path))),
    components: Object.fromEntries(
      Object.entries(recordOf(components)).map(([kind, items]) => [
        kind,
        Object.fromEntries(Object.entries(recordOf(items)).map(([name, item]) => [`${service}.${name}`, item])),
      ]),
    ),
  };
}

function mergeComponents(all: readonly Json[]): Json {
  const kinds = new Set(all.flatMap(Object.keys));
  return Object.fromEntries([...kinds].map((kind) => [kind, unite(all.map((components) => recordOf(components[kind])))]));
}

/** Of equal keys the last wins. */
function unite(all: readonly object[]): Json {
  const entries = all.flatMap((part) => Object.entries<unknown>({ ...part }));
  return Object.fromEntries(entries);
}

const REFERENCE = /^(#\/components\/[^/]+\/)/;

/** A copy in which references, operation ids and tags carry the name of the service. */
function rename(value: unknown, service: string, key = ''): unknown {
  if (Array.isArray(value)) {
    const items: unknown[] = value;
    if (key === 'tags') return items.map((tag) => (typeof tag === 'string' ? `${service}: ${tag}` : tag));
    return items.map((item) => rename(item, service));
  }
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, rename(item, service, name)]));
  if (typeof value !== 'string') return value;
  if (key === '$ref') return value.replace(REFERENCE, `$1${service}.`);
  return key === 'operationId' ? `${service}.${value}` : value;
}

function recordOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}
