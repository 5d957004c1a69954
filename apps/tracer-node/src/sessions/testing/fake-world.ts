import { afterEach, beforeEach } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silent, type TracerError } from '@tracer/base';
import { HookCatalog, type HookProvider } from '../../trace-hooks/hook-catalog.js';
import type { Tasks } from '../engine.js';
import type { ContainerRef } from '../session.js';
import type { TaskSource } from '../session-host.js';
import type { LiveSession } from '../live-session.js';
import { SessionRegistry, type RegistryOptions, type SessionRequest } from '../session-registry.js';
import { SessionStore } from '../session-store.js';
import { FakeEngine } from './fake-engine.js';

/** Pods whose processes the test sets: pod `shop-1` with `web` and `side`, others are not there. */
export class FakePods implements TaskSource {
  readonly processes = new Map<string, number[]>([
    ['web', [10]],
    ['side', [20]],
  ]);
  scans = 0;
  failure: TracerError | undefined;

  scan(): Promise<void> {
    this.scans++;
    return this.failure === undefined ? Promise.resolve() : Promise.reject(this.failure);
  }

  match(podPattern: string, containerPattern: string): Promise<ContainerRef[]> {
    const names = [...this.processes.keys()].filter((name) => containerPattern === '*' || containerPattern === name);
    return Promise.resolve(
      podPattern === 'shop-1' ? names.map((container) => ({ key: 'shop-1', pod: 'shop-1', container })) : [],
    );
  }

  /** Every process has two threads: its own number and that plus 1000. */
  tasksOf(containers: readonly ContainerRef[]): Tasks {
    const pids = containers.flatMap(({ container }) => this.processes.get(container) ?? []);
    return { pids, tids: pids.flatMap((pid) => [pid, pid + 1000]) };
  }

  processesOf({ container }: ContainerRef): readonly number[] {
    return this.processes.get(container) ?? [];
  }
}

/** An agent without kernel: directories of its own, fake pods and hooks. */
export class FakeWorld {
  readonly directory = mkdtempSync(join(tmpdir(), 'sessions-'));
  readonly pods = new FakePods();
  readonly engine = new FakeEngine();
  cleared = 0;
  readonly mended: string[] = [];
  readonly endedHooks: object[] = [];
  readonly #opened: SessionRegistry[] = [];

  hooks(): HookCatalog {
    const provider: HookProvider = {
      groups: () => [
        {
          key: 'fake',
          hooks: [
            { name: 'ok', description: [] },
            { name: 'gone', description: [], unavailable: 'no event x/y' },
          ],
        },
      ],
      choose: (_, name) => this.engine.chosen(name),
      clear: () => {
        this.cleared++;
        return Promise.resolve();
      },
    };
    return new HookCatalog([provider]);
  }

  /** An agent as it starts; call again for one that starts after it. */
  async agent(options: Partial<RegistryOptions> = {}): Promise<SessionRegistry> {
    const registry = new SessionRegistry({
      pods: this.pods,
      hooks: this.hooks(),
      store: new SessionStore(join(this.directory, 'state'), silent),
      traceDir: this.directory,
      log: silent,
      limits: { timeMs: 0, events: 0, bytes: 1000 },
      maxSessions: 4,
      maxRunning: 2,
      resume: false,
      rescanMs: 10,
      endHook: (process) => Promise.resolve(this.endedHooks.push(process)),
      mendFile: (file) => {
        this.mended.push(file);
        return 4711;
      },
      ...options,
    });
    this.#opened.push(registry);
    await registry.open();
    return registry;
  }

  async close(): Promise<void> {
    await Promise.all(this.#opened.map((registry) => registry.close()));
    rmSync(this.directory, { recursive: true });
  }
}

const REQUEST: SessionRequest = { pod: 'shop-1', container: '*', hook: 'ok', args: '', context: '', limits: {} };

/** A world with an agent in it. */
export class AgentStage {
  world!: FakeWorld;
  agent!: SessionRegistry;

  async set(): Promise<void> {
    this.world = new FakeWorld();
    this.agent = await this.world.agent();
  }

  /** Defines a session of everything in `shop-1`, unless `more` says otherwise. */
  create(more: Partial<SessionRequest> = {}): Promise<LiveSession> {
    return this.agent.create({ ...REQUEST, ...more });
  }
}

/** A stage that is new for every test of the file. */
export function useAgent(): AgentStage {
  const stage = new AgentStage();
  beforeEach(() => stage.set());
  afterEach(() => stage.world.close());
  return stage;
}
