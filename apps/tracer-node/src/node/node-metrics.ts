import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { LiveReaders } from '@tracer/service-kit';
import type { NodeAgent } from '../agent/node-agent.js';

/** Registers the agent's own metrics. They are read when somebody asks; only scans are timed as they happen. */
export function registerNodeMetrics(registry: Registry, agent: NodeAgent, followers: LiveReaders): void {
  const registers = [registry];
  const scans = new Histogram({
    name: 'tracer_pod_scan_seconds',
    help: 'Duration of a scan of the pods',
    buckets: [0.005, 0.02, 0.05, 0.1, 0.5, 2],
    registers,
  });
  agent.onScan = (seconds) => {
    scans.observe(seconds);
  };
  new Gauge({
    name: 'tracer_sessions',
    help: 'Sessions by state',
    labelNames: ['state'],
    registers,
    collect() {
      for (const [state, count] of Object.entries(agent.sessions.figures().states)) this.set({ state }, count);
    },
  });
  registerFollowers(registers, followers);
  total(
    registers,
    'tracer_session_events_total',
    'Events written to trace files',
    () => agent.sessions.figures().events,
  );
  total(
    registers,
    'tracer_session_lost_total',
    'Events lost before they were read',
    () => agent.sessions.figures().lost,
  );
  total(
    registers,
    'tracer_session_bytes_total',
    'Size of the trace files written',
    () => agent.sessions.figures().bytes,
  );
  total(
    registers,
    'tracer_export_sent_total',
    'Spans the collector took',
    () => agent.collector.exporter?.totals.sent ?? 0,
  );
  total(
    registers,
    'tracer_export_dropped_total',
    'Spans that did not reach the collector',
    () => agent.collector.exporter?.totals.dropped ?? 0,
  );
}

function registerFollowers(registers: Registry[], followers: LiveReaders): void {
  new Gauge({
    name: 'tracer_session_followers',
    help: 'Clients, gateways among them, that follow sessions at the moment',
    registers,
    collect() {
      this.set(followers.size);
    },
  });
  total(
    registers,
    'tracer_live_skipped_total',
    'Events that clients did not get live because they were too slow',
    () => followers.skippedEvents,
  );
}

/** A counter whose value somebody else keeps. */
function total(registers: Registry[], name: string, help: string, value: () => number): void {
  new Counter({
    name,
    help,
    registers,
    collect() {
      this.reset();
      this.inc(value());
    },
  });
}
