import type { Endpoint, Resource, Span } from '@tracer/span-model';
import { ATS_CALL_KEYS, atsCallOf } from './ats-call.js';
import type { SpanBatch, Tenant } from './span-store.js';

/** Lists that ATS has: applications as `name:port` (no port when it is unknown), and what each of them has. */
export type AtsNameKind = 'application' | 'instance' | 'transaction';

/** Absent parts match everything; names whose sender named no cluster or namespace match any. */
export interface AtsNameFilter {
  readonly tenant: Tenant;
  readonly sinceUs: number;
  readonly monitorGroup?: string;
  readonly clusterId?: string;
  readonly namespace?: string;
}

/** The lists behind ATS, kept apart from the spans so that a list costs what it shows. */
export interface AtsNames {
  /** Remembers the names of spans that are about to be stored. */
  record(batch: SpanBatch): Promise<void>;
  /** Sorted, without repeats. */
  monitorGroups(filter: AtsNameFilter): Promise<string[]>;
  applications(filter: AtsNameFilter): Promise<string[]>;
  /** Of one application, named in lower case. */
  names(kind: 'instance' | 'transaction', application: string, filter: AtsNameFilter): Promise<string[]>;
}

/** One entry of the lists. */
export interface AtsName {
  readonly tenant: Tenant;
  /** '' when the sender named none. */
  readonly clusterId: string;
  readonly namespace: string;
  readonly monitorGroup: string;
  readonly kind: AtsNameKind;
  readonly application: string;
  readonly value: string;
  readonly lastUs: bigint;
}

const HOUR_US = 3_600_000_000n;
const NAME_CHARACTERS = 512;

/** The names in a batch, each once; their time is rounded up to the hour, so that a name changes once an hour at most. */
export function atsNamesOf(batch: SpanBatch, nowUs: bigint): AtsName[] {
  const names = new Map<string, AtsName>();
  const repeats = new Repeats();
  for (const span of batch.spans) {
    const startUs = span.startNs === undefined ? nowUs : span.startNs / 1000n;
    const hour = Number((startUs > nowUs ? nowUs : startUs) / HOUR_US) + 1;
    if (repeats.has(span, hour)) continue;
    for (const name of namesOfSpan(span, batch, BigInt(hour) * HOUR_US)) {
      const key = atsNameKey(name);
      if ((names.get(key)?.lastUs ?? -1n) < name.lastUs) names.set(key, name);
    }
  }
  return [...names.values()];
}

function namesOfSpan(span: Span, { tenant, clusterId = '', namespace = '' }: SpanBatch, lastUs: bigint): AtsName[] {
  const call = atsCallOf(span);
  if (call === undefined) return [];
  const application = clean(call.application);
  const monitorGroup = clean(call.monitorGroup);
  const values: readonly (readonly [AtsNameKind, string])[] = [
    ['application', call.port === 0 ? application : `${application}:${call.port}`],
    ['instance', clean(call.instance)],
    ['transaction', clean(call.transaction)],
  ];
  return values
    .filter(([, value]) => value !== '')
    .map(([kind, value]) => ({ tenant, clusterId, namespace, monitorGroup, kind, application, value, lastUs }));
}

/** Tells spans that bring no new names: most are as one before them, and that is cheaper to see than to find the names. */
class Repeats {
  readonly #seen = new Map<Endpoint, Map<string, { readonly resource: Resource; readonly hour: number }>>();

  has({ localEndpoint, name, resource, attributes }: Span, hour: number): boolean {
    if (localEndpoint === undefined) return true;
    for (let index = 0; index < attributes.size; index++) if (ATS_CALL_KEYS.has(attributes.keyAt(index))) return false;
    const names = this.#seen.get(localEndpoint) ?? new Map<string, { resource: Resource; hour: number }>();
    const last = names.get(name);
    if (last?.resource === resource && last.hour === hour) return true;
    names.set(name, { resource, hour });
    this.#seen.set(localEndpoint, names);
    return false;
  }
}

/** Equal for entries that differ in their time only. */
export function atsNameKey({ tenant, clusterId, namespace, monitorGroup, kind, application, value }: AtsName): string {
  return [tenant, clusterId, namespace, monitorGroup, kind, application, value].join('\0');
}

/** Databases have no NUL in text and a limit for index entries. */
function clean(name: string): string {
  return name.slice(0, NAME_CHARACTERS).replaceAll('\0', '\ufffd');
}
