import { Injectable } from '@nestjs/common';
import type { NodeDto, NodesDto, NodeSourceDto } from '@tracer/dtos';
import { FanOut, type NodeReply } from './fan-out.js';
import { NodeDirectory, type NodeState } from './node-directory.js';
import type { SourceState } from './node-source.js';

/** A look at the nodes must not take as long as work on them. */
const LOOK_MS = 1_000;
/** To say that it is ready, an agent scans its pods. */
const READY_MS = 2_000;

/** What the gateway knows of its nodes. Every look asks them, so that what is shown is the present. */
@Injectable()
export class NodesService {
  constructor(
    private readonly directory: NodeDirectory,
    private readonly fanOut: FanOut,
  ) {}

  async list(): Promise<NodesDto> {
    await this.#probe('/health', LOOK_MS);
    const nowMs = Date.now();
    return {
      nodes: this.directory.states().map(nodeDto),
      sources: this.directory.sourceStates().map((source) => sourceDto(source, nowMs)),
    };
  }

  /** Undefined when at least one node is ready to work, else what is wrong with each. */
  async problem(): Promise<string | undefined> {
    const replies = await this.#probe('/ready', READY_MS);
    if (replies.some(isReady)) return undefined;
    if (replies.length === 0) return ['no node is known', ...this.#sourceErrors()].join('; ');
    return replies.map(({ node, answer, silence }) => `${node}: ${silence ?? `status ${answer.status}`}`).join('; ');
  }

  #probe(path: string, deadlineMs: number): Promise<NodeReply[]> {
    return this.fanOut.ask({ method: 'GET', path, headers: {} }, deadlineMs);
  }

  #sourceErrors(): string[] {
    return this.directory.sourceStates().flatMap(({ kind, lastError }) => (lastError ? [`${kind}: ${lastError}`] : []));
  }
}

/** Published agents do not have the route, but they answer. */
function isReady({ answer }: NodeReply): boolean {
  return answer?.status === 200 || answer?.status === 404;
}

function nodeDto({ name, url, absence, condition, lastError, latencyMs, ...times }: NodeState): NodeDto {
  const error = absence ?? lastError;
  return {
    name,
    ...(url === undefined ? {} : { url }),
    state: condition,
    ...(error === undefined ? {} : { lastError: error }),
    ...(times.lastErrorAtMs === undefined ? {} : { lastErrorAt: isoTime(times.lastErrorAtMs) }),
    ...(times.lastSeenAtMs === undefined ? {} : { lastSeenAt: isoTime(times.lastSeenAtMs) }),
    ...(latencyMs === undefined ? {} : { latencyMs: Math.round(latencyMs * 100) / 100 }),
  };
}

function sourceDto({ lastGoodAtMs, ...source }: SourceState, nowMs: number): NodeSourceDto {
  return { ...source, ...(lastGoodAtMs === undefined ? {} : { ageMs: Math.max(0, nowMs - lastGoodAtMs) }) };
}

const isoTime = (timeMs: number): string => new Date(timeMs).toISOString();
