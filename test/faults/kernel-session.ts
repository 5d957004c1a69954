import type { SuiteStage } from './suite-stage.js';

export interface SessionFacts {
  readonly Id: string;
  readonly Group: string;
  readonly state: string;
  readonly reason?: string;
  readonly events: number;
  readonly lost: number;
  readonly file?: string;
}

/** A session that traces the system calls of a pod. */
export class KernelSession {
  constructor(
    private readonly stage: SuiteStage,
    readonly id: string,
  ) {}

  /** Resolves when `least` events were counted. */
  static async start(stage: SuiteStage, pod: string, args = '', least = 100): Promise<KernelSession> {
    const created = await stage.json<Record<string, SessionFacts>>('/v1/trace-session', {
      method: 'POST',
      body: JSON.stringify({ pod, container: '*', 'trace-hook': 'trace_syscalls', 'trace-arguments': args }),
    });
    const session = new KernelSession(stage, Object.keys(created)[0] ?? '');
    await stage.json(`/v1/trace-session/${session.id}`, { method: 'PUT', body: '{"run":true}' });
    await stage.until('the session has events', async () => (await session.facts()).events >= least);
    return session;
  }

  async facts(): Promise<SessionFacts> {
    const sessions = await this.stage.json<Record<string, SessionFacts>>(`/v1/trace-session/${this.id}`);
    const facts = sessions[this.id];
    if (facts === undefined) throw new Error(`session ${this.id} is gone`);
    return facts;
  }

  async stop(): Promise<SessionFacts> {
    await this.stage.fetch(`/v1/trace-session/${this.id}`, { method: 'PUT', body: '{"run":false}' });
    return this.facts();
  }

  /** Events that the indexer serves from the file. */
  async eventsInFile(): Promise<number> {
    const info = await this.stage.json<{ groups: { values: { count: number } }[] }>('/api/v1/query', {
      method: 'POST',
      body: JSON.stringify({ files: [`${this.id}.pfw.gz`], group_by: [], aggregate: ['count'] }),
    });
    return info.groups[0]?.values.count ?? 0;
  }

  async remove(): Promise<void> {
    await this.stage.fetch(`/v1/trace-session/${this.id}?purge=1`, { method: 'DELETE' });
  }
}
