import { Module, type DynamicModule } from '@nestjs/common';
import type { Log } from '@tracer/base';
import { AgentLifecycle } from './agent/agent-lifecycle.js';
import { NodeAgent } from './agent/node-agent.js';
import type { TracerNodeConfig } from './config.js';
import { NodeController } from './node/node.controller.js';
import { NodeService } from './node/node.service.js';
import { PodsController } from './pods/pods.controller.js';
import { PodsService } from './pods/pods.service.js';
import { SessionsController } from './sessions/sessions.controller.js';
import { SessionsService } from './sessions/sessions.service.js';
import { TraceHooksController } from './trace-hooks/trace-hooks.controller.js';
import { TraceHooksService } from './trace-hooks/trace-hooks.service.js';

/** The routes of the node agent around its engines. */
@Module({})
export class TracerNodeModule {
  static forRoot(config: Readonly<TracerNodeConfig>, log: Log): DynamicModule {
    return {
      module: TracerNodeModule,
      controllers: [PodsController, TraceHooksController, SessionsController, NodeController],
      providers: [
        { provide: NodeAgent, useFactory: () => new NodeAgent(config, log) },
        AgentLifecycle,
        PodsService,
        TraceHooksService,
        SessionsService,
        NodeService,
      ],
    };
  }
}
