import type { Metrics } from '@tracer/service-kit';
import type { DmEventQueue, DmEventStore } from '@tracer/storage';
import { Gauge } from 'prom-client';
import type { DmFollowers } from './query/dm-followers.js';

export interface DmFigures {
  readonly queue: DmEventQueue;
  readonly store: DmEventStore;
  readonly followers: DmFollowers;
}

/** Registers the figures of replication events; they are read when metrics are. */
export function dmMetrics({ registry }: Metrics, { queue, store, followers }: DmFigures): void {
  const events = new Gauge({
    name: 'tracer_dm_events',
    help: 'Replication events in the ingest queue, and stored, refused and given up since the start of the process',
    labelNames: ['state'],
    registers: [registry],
    collect: () => {
      for (const [state, count] of Object.entries(queue.counts)) events.set({ state }, Number(count));
    },
  });
  const kept = new Gauge({
    name: 'tracer_dm_kept',
    help: 'Replication events that are kept, their traces and bytes',
    labelNames: ['what'],
    registers: [registry],
  });
  const evicted = new Gauge({
    name: 'tracer_dm_evicted',
    help: 'Replication events that retention has removed since the beginning, their traces and bytes',
    labelNames: ['what'],
    registers: [registry],
    collect: async () => {
      // Without a database the figures stay what they were.
      const totals = await store.totals().catch(() => undefined);
      if (totals === undefined) return;
      for (const what of ['traces', 'events', 'bytes'] as const) {
        kept.set({ what }, totals[what]);
        evicted.set({ what }, totals.evicted[what]);
      }
    },
  });
  const following = new Gauge({
    name: 'tracer_dm_followers',
    help: 'Clients that follow replication events now',
    registers: [registry],
    collect: () => {
      following.set(followers.count);
    },
  });
}
