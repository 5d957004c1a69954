import type { Metrics } from '@tracer/service-kit';
import { Gauge } from 'prom-client';
import type { CatalogueFile } from './catalogue-file.js';
import type { FileCatalogue } from './file-catalogue.js';

const STATES = ['waiting', 'indexing', 'ready', 'unreadable'] as const;

/** The catalogue as figures: how many files in which state, what they hold, what of it no answer shows. */
export function registerCatalogueMetrics({ registry }: Metrics, catalogue: FileCatalogue): void {
  const gauge = <L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    collect: (to: Gauge<L>) => void,
  ) =>
    new Gauge({
      ...{ name, help, labelNames, registers: [registry] },
      collect() {
        this.reset();
        collect(this);
      },
    });
  gauge('tracer_index_files', 'Trace files by state', ['state'], (to) => {
    for (const state of STATES) to.set({ state }, catalogue.known.filter((file) => file.state === state).length);
  });
  gauge('tracer_index_incomplete_files', 'Trace files by what is wrong with them', ['problem'], (to) => {
    for (const file of catalogue.known) {
      const problem = file.usable?.facts.problem;
      if (problem) to.inc({ problem: problem.kind });
    }
  });
  gauge('tracer_index_file_bytes', 'Size of all trace files', [], (to) => {
    to.set(total(catalogue, ({ listed }) => listed.sizeBytes));
  });
  gauge('tracer_index_events', 'Events in all trace files', [], (to) => {
    to.set(total(catalogue, ({ usable }) => usable?.facts.events ?? 0));
  });
  gauge('tracer_index_skipped', 'What trace files hold and no answer shows', ['what'], (to) => {
    const facts = catalogue.known.flatMap(({ usable }) => usable?.facts.skipped ?? []);
    for (const what of ['invalidLines', 'oversizedLines', 'tailBytes', 'garbageBytes'] as const) {
      to.set(
        { what },
        facts.reduce((sum, skipped) => sum + skipped[what], 0),
      );
    }
  });
  gauge('tracer_index_damaged_indexes', 'Indexes of the files that answers found damaged since the start', [], (to) => {
    to.set(total(catalogue, ({ damagedIndexes }) => damagedIndexes));
  });
  gauge('tracer_index_ignored_entries', 'Entries that are named like trace files and are none', ['reason'], (to) => {
    for (const { reason } of catalogue.ignored) to.inc({ reason });
  });
}

function total(catalogue: FileCatalogue, of: (file: CatalogueFile) => number): number {
  return catalogue.known.reduce((sum, file) => sum + of(file), 0);
}
