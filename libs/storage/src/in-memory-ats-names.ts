import { atsNameKey, atsNamesOf, type AtsName, type AtsNameFilter, type AtsNames } from './ats-names.js';
import type { SpanBatch } from './span-store.js';

/** The lists of ATS as they are meant: what other implementations are compared with. */
export class InMemoryAtsNames implements AtsNames {
  readonly #names = new Map<string, AtsName>();

  record(batch: SpanBatch): Promise<void> {
    for (const name of atsNamesOf(batch, BigInt(Date.now()) * 1000n)) {
      const key = atsNameKey(name);
      if ((this.#names.get(key)?.lastUs ?? -1n) < name.lastUs) this.#names.set(key, name);
    }
    return Promise.resolve();
  }

  monitorGroups(filter: AtsNameFilter): Promise<string[]> {
    return this.#list(filter, (name) => name.monitorGroup);
  }

  applications(filter: AtsNameFilter): Promise<string[]> {
    return this.#list(filter, ({ kind, value }) => (kind === 'application' ? value : undefined));
  }

  names(wanted: 'instance' | 'transaction', application: string, filter: AtsNameFilter): Promise<string[]> {
    return this.#list(filter, (name) =>
      name.kind === wanted && name.application === application ? name.value : undefined,
    );
  }

  #list(filter: AtsNameFilter, read: (name: AtsName) => string | undefined): Promise<string[]> {
    const fitting = [...this.#names.values()].filter((name) => fits(name, filter)).map(read);
    return Promise.resolve([...new Set(fitting.filter((value) => value !== undefined))].sort());
  }
}

/** A sender that named no place counts as in every place. */
function isFrom(recorded: string, wanted: string | undefined): boolean {
  return wanted === undefined || recorded === '' || recorded === wanted;
}

function fits(name: AtsName, { tenant, sinceUs, monitorGroup, clusterId, namespace }: AtsNameFilter): boolean {
  return (
    name.tenant === tenant &&
    Number(name.lastUs) >= sinceUs &&
    (monitorGroup ?? name.monitorGroup) === name.monitorGroup &&
    isFrom(name.clusterId, clusterId) &&
    isFrom(name.namespace, namespace)
  );
}
