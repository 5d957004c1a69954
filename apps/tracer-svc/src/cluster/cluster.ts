import { randomBytes } from 'node:crypto';
import type { TracerError } from '@tracer/base';
import { noteForAudit } from '@tracer/service-kit';
import { mergeHooks, mergePods, mergeSessions } from '../answers/merge-answers.js';
import { mergeMaps, type Part } from '../answers/merge-maps.js';
import { mergeSummaries } from '../answers/merge-summaries.js';
import { readReply, type JsonMap, type NodeResult, type Refusal } from '../answers/node-result.js';
import { coverageHeaders, coverageOf, verdictOf } from '../answers/verdict.js';
import type { FanOut } from '../nodes/fan-out.js';
import type { ClientCall } from './client-call.js';

/** The answer of the whole cluster, or the failure that stands for one; how complete it is, is in the headers. */
export interface ClusterAnswer {
  readonly headers: Readonly<Record<string, string>>;
  readonly status: number;
  /** A refusal is a text, as the published agents answer it. */
  readonly body: JsonMap | string;
  readonly failure?: TracerError;
}

export interface Deadlines {
  /** For reading and for defining sessions. */
  readonly readMs: number;
  /** For starting, stopping and deleting: an agent flushes files and waits for hooks. */
  readonly changeMs: number;
}

/**
 * The cluster as one tracer-node: every request goes to all nodes, their answers become one. Reading ends when the
 * client leaves; a change once begun is seen through on every node.
 */
export class Cluster {
  constructor(
    private readonly fanOut: FanOut,
    private readonly deadlines: Deadlines,
    private readonly newGroup: () => string = randomGroup,
  ) {}

  pods(call: ClientCall): Promise<ClusterAnswer> {
    return this.#read(call, mergePods);
  }

  traceHooks(call: ClientCall): Promise<ClusterAnswer> {
    return this.#read(call, mergeHooks);
  }

  /** One session on each node that has a matching container; all share a group, which serves as an id for all of them. */
  async createSession(call: ClientCall): Promise<ClusterAnswer> {
    const group = this.newGroup();
    const headers = { ...call.headers, 'x-tracer-group': group };
    const replies = await this.fanOut.ask({ ...call, headers }, this.deadlines.readMs);
    const results = replies.map(readReply);
    noteForAudit({ group, ...whatHappened(results) });
    return answerOf(results, mergeSessions);
  }

  sessions(call: ClientCall): Promise<ClusterAnswer> {
    return this.#read(call, mergeSessions);
  }

  summary(call: ClientCall): Promise<ClusterAnswer> {
    return this.#read(call, mergeSummaries);
  }

  async changeSessions(call: ClientCall): Promise<ClusterAnswer> {
    const replies = await this.fanOut.ask(call, this.deadlines.changeMs);
    const results = replies.map(readReply);
    noteForAudit(whatHappened(results));
    return answerOf(results, mergeMaps);
  }

  async #read(call: ClientCall, merge: (parts: readonly Part[]) => JsonMap): Promise<ClusterAnswer> {
    const replies = await this.fanOut.ask(call, this.deadlines.readMs, call.gone);
    return answerOf(replies.map(readReply), merge);
  }
}

export function answerOf(results: readonly NodeResult[], merge: (parts: readonly Part[]) => JsonMap): ClusterAnswer {
  const headers = coverageHeaders(coverageOf(results));
  const verdict = verdictOf(results);
  if (verdict.failure) return { headers, status: 500, body: {}, failure: verdict.failure };
  if (verdict.parts) return { headers, status: 200, body: merge(verdict.parts) };
  const { status, message } = verdict.refusal;
  return { headers: { ...headers, 'X-Tracer-Error': codeOf(verdict.refusal) }, status, body: message };
}

/** For the audit log: what came of a change on each node, and the ids of sessions that it made. */
function whatHappened(results: readonly NodeResult[]): Record<string, unknown> {
  const sessions = results.flatMap((result) => (result.kind === 'value' ? Object.keys(result.value) : []));
  const nodes = Object.fromEntries(
    results.map((result) => {
      if (result.kind === 'value') return [result.node, 'done'];
      return [result.node, result.kind === 'silence' ? result.reason : result.refusal.message];
    }),
  );
  return { nodes, ...(sessions.length === 0 ? {} : { sessions }) };
}

/** Published agents send no codes. */
function codeOf({ code, status }: Refusal): string {
  if (code !== undefined) return code;
  if (status === 404) return 'NOT_FOUND';
  return status < 500 ? 'VALIDATION' : 'UPSTREAM_FAILED';
}

/** A number that fits wherever a session id does; never 0. */
function randomGroup(): string {
  const group = randomBytes(8).readBigUInt64BE();
  return group === 0n ? randomGroup() : group.toString();
}
