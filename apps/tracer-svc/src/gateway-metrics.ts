import type { Metrics } from '@tracer/service-kit';
import { Counter, Gauge } from 'prom-client';
import type { NodeDirectory } from './nodes/node-directory.js';
import type { ClusterTails } from './tail/cluster-tails.js';

const STATES = ['unknown', 'answering', 'failing', 'absent'];

/** Figures about nodes, discovery, answers and live tails. */
export class GatewayMetrics {
  readonly #partial: Counter;

  constructor(private readonly metrics: Metrics) {
    this.#partial = new Counter({
      name: 'tracer_partial_answers_total',
      help: 'Answers that lack the part of at least one node',
      registers: [metrics.registry],
    });
  }

  partialAnswer(): void {
    this.#partial.inc();
  }

  /** Gauges that are read when somebody asks for them. */
  observe(directory: NodeDirectory, tails: ClusterTails): void {
    const registers = [this.metrics.registry];
    new Gauge({
      name: 'tracer_nodes',
      help: 'Known node agents by how the last request to them went',
      labelNames: ['state'],
      registers,
      collect() {
        for (const state of STATES) this.set({ state }, 0);
        for (const { condition } of directory.states()) this.inc({ state: condition });
      },
    });
    new Gauge({
      name: 'tracer_node_list_age_seconds',
      help: 'How long ago the list of nodes of a source was known to be true',
      labelNames: ['source'],
      registers,
      collect() {
        for (const { kind, lastGoodAtMs } of directory.sourceStates())
          if (lastGoodAtMs !== undefined) this.set({ source: kind }, Math.max(0, (Date.now() - lastGoodAtMs) / 1000));
      },
    });
    new Gauge({
      name: 'tracer_live_tails',
      help: 'Clients that follow events at the moment',
      registers,
      collect() {
        this.set(tails.count);
      },
    });
    new Gauge({
      name: 'tracer_live_tail_streams',
      help: 'Streams from the nodes that those clients share',
      registers,
      collect() {
        this.set(tails.shared);
      },
    });
    new Counter({
      name: 'tracer_live_skipped_total',
      help: 'Events that clients did not get live because they were too slow',
      registers,
      collect() {
        this.reset();
        this.inc(tails.skippedEvents);
      },
    });
  }
}
