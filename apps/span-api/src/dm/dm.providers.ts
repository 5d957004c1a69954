import type { Provider } from '@nestjs/common';
import type { Log } from '@tracer/base';
import { Metrics } from '@tracer/service-kit';
import { DM_QUEUE_LIMITS, DmEventQueue, type DmEventStore, type DmRetention } from '@tracer/storage';
import { Database, PostgresDmEventStore } from '@tracer/storage-postgres';
import { UnixClock } from '../clock/unix-clock.js';
import type { SpanApiConfig } from '../config.js';
import { asAvailable } from '../http/available.js';
import { DmGrpc } from './dm-grpc.js';
import { DmIngest } from './dm-ingest.js';
import { dmMetrics } from './dm-metrics.js';
import { DmRetentionTimer } from './dm-retention.js';
import { DmTraceSource } from './dm-trace-source.js';
import { DmPublishedController } from './published/dm-published.controller.js';
import { DmPublished } from './published/dm-published.js';
import { DmEventsController } from './query/dm-events.controller.js';
import { DmFollowers } from './query/dm-followers.js';
import { DmQueries } from './query/dm-queries.js';
import { DmTransfer } from './query/dm-transfer.js';

/** Ports, which are interfaces, need names of their own to be injected. */
export const DM_EVENT_STORE = Symbol('DmEventStore');

export const DM_CONTROLLERS = [DmPublishedController, DmEventsController];

/** Everything behind the routes for replication events. */
export function dmProviders(config: Readonly<SpanApiConfig>, log: Log): Provider[] {
  return [
    {
      provide: DM_EVENT_STORE,
      inject: [Database],
      useFactory: ({ source }: Database): DmEventStore => asAvailable(new PostgresDmEventStore(source)),
    },
    {
      provide: DmEventQueue,
      inject: [DM_EVENT_STORE, UnixClock],
      useFactory: (store: DmEventStore, clock: UnixClock) =>
        new DmEventQueue(store, log, () => clock.nowUs(), {
          ...DM_QUEUE_LIMITS,
          retryMs: config.ingestRetryMs,
        }),
    },
    { provide: DmIngest, inject: [DmEventQueue], useFactory: (queue: DmEventQueue) => new DmIngest(queue) },
    DmGrpc,
    { provide: DmPublished, inject: [DM_EVENT_STORE], useFactory: (store: DmEventStore) => new DmPublished(store) },
    {
      provide: DmQueries,
      inject: [DM_EVENT_STORE, UnixClock],
      useFactory: (store: DmEventStore, clock: UnixClock) => new DmQueries(store, clock),
    },
    {
      provide: DmTraceSource,
      inject: [DM_EVENT_STORE],
      useFactory: (store: DmEventStore) => new DmTraceSource(store),
    },
    {
      provide: DmTransfer,
      inject: [DM_EVENT_STORE, DmIngest],
      useFactory: (store: DmEventStore, ingest: DmIngest) => new DmTransfer(store, ingest),
    },
    {
      provide: DmFollowers,
      inject: [DM_EVENT_STORE, DmIngest, DmEventQueue, Metrics],
      useFactory: (store: DmEventStore, ingest: DmIngest, queue: DmEventQueue, metrics: Metrics) => {
        const followers = new DmFollowers(store, ingest);
        dmMetrics(metrics, { queue, store, followers });
        return followers;
      },
    },
    {
      provide: DmRetentionTimer,
      inject: [DM_EVENT_STORE, UnixClock],
      useFactory: (store: DmEventStore, clock: UnixClock) =>
        new DmRetentionTimer(store, dmLimitsOf(config), clock, log),
    },
  ];
}

export function dmLimitsOf({
  dmRetentionHours,
  dmRetentionEvents,
  dmRetentionBytes,
}: Readonly<SpanApiConfig>): DmRetention {
  return {
    ...(dmRetentionHours > 0 && { ageMs: dmRetentionHours * 3_600_000 }),
    ...(dmRetentionEvents > 0 && { events: dmRetentionEvents }),
    ...(dmRetentionBytes > 0 && { bytes: dmRetentionBytes }),
  };
}
