import { release } from 'node:os';
import { Injectable } from '@nestjs/common';
import { AgentDto } from '@tracer/dtos';
import { VERSION } from '@tracer/service-kit';
import { NodeAgent } from '../agent/node-agent.js';

@Injectable()
export class NodeService {
  constructor(private readonly agent: NodeAgent) {}

  describe(): AgentDto {
    const { config, kernel, pods, collector, sessions, traceDir } = this.agent;
    const { lastScan: scan, source } = pods;
    const { problem } = kernel.kernel;
    return {
      node: config.nodeName,
      version: VERSION,
      kernel: release(),
      tracefs: {
        available: problem === undefined,
        ...(kernel.tracefsPath === undefined ? {} : { path: kernel.tracefsPath }),
        ...(problem === undefined ? {} : { reason: problem }),
      },
      pods: {
        source: source.kind,
        endpoint: source.endpoint,
        ...(scan === undefined ? {} : { count: scan.pods, scannedAt: scan.atMs * 1000, scanMs: scan.tookMs }),
      },
      sessions: { ...sessions.figures().states },
      limits: {
        sessions: config.maxSessions,
        running: config.maxRunning,
        run: { timeMs: config.sessionTimeLimitMs, events: config.sessionEventLimit, bytes: config.sessionByteLimit },
      },
      traceDir,
      ...(collector.url === undefined ? {} : { collector: collector.url }),
    };
  }
}
