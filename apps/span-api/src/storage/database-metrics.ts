import type { Metrics } from '@tracer/service-kit';
import type { Database } from '@tracer/storage-postgres';
import { Gauge } from 'prom-client';

/** Registers the figures of the connections to the database; they are read when metrics are. */
export function databaseMetrics({ registry }: Metrics, database: Pick<Database, 'connections'>): void {
  const connections = new Gauge({
    name: 'tracer_database_connections',
    help: 'Connections to the database that are busy or idle, and requests waiting for one',
    labelNames: ['state'],
    registers: [registry],
    collect: () => {
      for (const [state, count] of Object.entries(database.connections)) connections.set({ state }, count);
    },
  });
}
