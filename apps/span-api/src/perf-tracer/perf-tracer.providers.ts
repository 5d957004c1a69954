import type { Provider } from '@nestjs/common';
import type { Log } from '@tracer/base';
import { Metrics } from '@tracer/service-kit';
import type { RunLimits, RunStore } from '@tracer/storage';
import { Database, PostgresRunStore } from '@tracer/storage-postgres';
import { Gauge } from 'prom-client';
import { UnixClock } from '../clock/unix-clock.js';
import type { SpanApiConfig } from '../config.js';
import { asAvailable } from '../http/available.js';
import { PerfTracerController } from './perf-tracer.controller.js';
import { PerfTracer } from './perf-tracer.js';
import { RunAnalysisController } from './run-analysis.controller.js';
import { RunAnalysis } from './run-analysis.js';
import { RunListsController } from './run-lists.controller.js';
import { RunLists } from './run-lists.js';
import { RunRetentionTimer } from './run-retention.js';
import { RunTraceSource } from './run-trace-source.js';

/** Ports, which are interfaces, need names of their own to be injected. */
export const RUN_STORE = Symbol('RunStore');

/** The analysis comes first: its routes are longer than those of the published service. */
export const RUN_CONTROLLERS = [RunAnalysisController, RunListsController, PerfTracerController];

/** Everything behind the routes for runs of features. */
export function runProviders(config: Readonly<SpanApiConfig>, log: Log): Provider[] {
  return [
    {
      provide: RUN_STORE,
      inject: [Database, Metrics],
      useFactory: ({ source }: Database, metrics: Metrics): RunStore => {
        const store = asAvailable(new PostgresRunStore(source));
        runMetrics(metrics, store);
        return store;
      },
    },
    {
      provide: PerfTracer,
      inject: [RUN_STORE, UnixClock],
      useFactory: (store: RunStore, clock: UnixClock) => new PerfTracer(store, clock),
    },
    { provide: RunAnalysis, inject: [RUN_STORE], useFactory: (store: RunStore) => new RunAnalysis(store) },
    { provide: RunLists, inject: [RUN_STORE], useFactory: (store: RunStore) => new RunLists(store) },
    {
      provide: RunTraceSource,
      inject: [RUN_STORE],
      useFactory: (store: RunStore) => new RunTraceSource(store),
    },
    {
      provide: RunRetentionTimer,
      inject: [RUN_STORE, UnixClock],
      useFactory: (store: RunStore, clock: UnixClock) => new RunRetentionTimer(store, runLimitsOf(config), clock, log),
    },
  ];
}

/** What retention holds runs to. */
export function runLimitsOf({ runsLive, runsIdleHours, runsFinished, runsDays }: Readonly<SpanApiConfig>): RunLimits {
  return {
    live: runsLive,
    ...(runsIdleHours > 0 && { idleMs: runsIdleHours * 3_600_000 }),
    ...(runsFinished > 0 && { finished: runsFinished }),
    ...(runsDays > 0 && { ageMs: runsDays * 86_400_000 }),
  };
}

function runMetrics({ registry }: Metrics, store: RunStore): void {
  const expired = new Gauge({
    name: 'tracer_runs_expired',
    help: 'Runs of features that retention has removed since the beginning',
    labelNames: ['state'],
    registers: [registry],
  });
  const kept = new Gauge({
    name: 'tracer_runs',
    help: 'Runs of features that are kept',
    labelNames: ['state'],
    registers: [registry],
    collect: async () => {
      // Without a database the figures stay what they were.
      const totals = await store.totals().catch(() => undefined);
      if (totals === undefined) return;
      for (const state of ['live', 'finished'] as const) {
        kept.set({ state }, totals[state]);
        expired.set({ state }, totals.expired[state]);
      }
    },
  });
}
