import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Metrics, Readiness } from '@tracer/service-kit';
import { registerNodeMetrics } from '../node/node-metrics.js';
import { SessionsService } from '../sessions/sessions.service.js';
import { NodeAgent } from './node-agent.js';

/** Starts the agent before the first request, and stops it while answers can still be given. */
@Injectable()
export class AgentLifecycle implements OnModuleInit, OnModuleDestroy {
  constructor(
    private readonly agent: NodeAgent,
    private readonly readiness: Readiness,
    private readonly metrics: Metrics,
    private readonly sessions: SessionsService,
  ) {}

  async onModuleInit(): Promise<void> {
    registerNodeMetrics(this.metrics.registry, this.agent, this.sessions.followers);
    await this.agent.start();
    // Without tracefs the agent still serves external hooks: that is shown by GET /v1/node, not here.
    this.readiness.add({ name: 'pods', problem: () => this.agent.pods.scan().then(() => undefined) });
  }

  /** Before the server closes, so that live streams end by themselves. */
  async onModuleDestroy(): Promise<void> {
    await this.agent.stop();
  }
}
