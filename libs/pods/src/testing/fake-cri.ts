import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import { criService } from '../cri-client.js';

export interface FakeContainer {
  readonly id: string;
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly sandboxId?: string;
  readonly image?: string;
  /** `CONTAINER_RUNNING` (1) unless given. */
  readonly state?: number;
  readonly createdAt?: bigint;
  /** What `info.info` of the verbose status says; undefined: there is no such entry. */
  readonly info?: string;
  readonly statusImage?: string;
  /** Answer the status call with this error. */
  readonly statusError?: string;
}

export interface FakeSandbox {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The labels the kubelet puts on everything of a pod. */
export function podLabels(name: string, namespace?: string, uid?: string): Record<string, string> {
  return {
    'io.kubernetes.pod.name': name,
    ...(namespace !== undefined && { 'io.kubernetes.pod.namespace': namespace }),
    ...(uid !== undefined && { 'io.kubernetes.pod.uid': uid }),
  };
}

/** A container runtime on a unix socket that says what a test wants it to. */
export class FakeCri {
  containers: FakeContainer[] = [];
  sandboxes: FakeSandbox[] = [];
  /** Methods that never answer. */
  readonly hanging = new Set<string>();
  /** Methods that fail, and what they say. */
  readonly failing = new Map<string, string>();
  /** How long every answer takes. */
  delayMs = 0;
  readonly calls: string[] = [];
  /** Calls under way at a time, at most so far. */
  peak = 0;
  #server: Server | undefined;
  #underWay = 0;

  constructor(readonly socketPath: string) {}

  async start(): Promise<void> {
    mkdirSync(dirname(this.socketPath), { recursive: true });
    rmSync(this.socketPath, { force: true });
    const server = new Server();
    server.addService(criService(), {
      Version: this.#method('Version', () => ({ runtimeName: 'fake', runtimeVersion: '1.0' })),
      ListPodSandbox: this.#method('ListPodSandbox', () => ({ items: this.sandboxes })),
      ListContainers: this.#method('ListContainers', (request) => ({ containers: this.#listed(request) })),
      ContainerStatus: this.#method('ContainerStatus', (request) => this.#status(String(request['containerId']))),
    });
    await new Promise<void>((resolve, reject) => {
      server.bindAsync(`unix://${this.socketPath}`, ServerCredentials.createInsecure(), (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
    this.#server = server;
  }

  /** Ends at once, with calls under way and connections open. */
  stop(): void {
    this.#server?.forceShutdown();
    this.#server = undefined;
    rmSync(this.socketPath, { force: true });
  }

  #method(name: string, answer: (request: Record<string, unknown>) => object) {
    return (call: ServerUnaryCall<Record<string, unknown>, object>, reply: sendUnaryData<object>): void => {
      this.calls.push(name);
      if (this.hanging.has(name)) return;
      const failure = this.failing.get(name);
      if (failure !== undefined) {
        reply({ code: status.UNKNOWN, details: failure });
        return;
      }
      this.peak = Math.max(this.peak, ++this.#underWay);
      const soon = this.delayMs === 0 ? setImmediate : (done: () => void) => setTimeout(done, this.delayMs);
      soon(() => {
        this.#underWay--;
        try {
          reply(null, answer(call.request));
        } catch (error) {
          reply({ code: status.NOT_FOUND, details: (error as Error).message });
        }
      });
    };
  }

  #listed(request: Record<string, unknown>): object[] {
    const filter = request['filter'] as { state?: { state: number }; labelSelector?: Record<string, string> } | null;
    const selected = this.containers.filter(({ state = 1, labels = {} }) => {
      const labelled = Object.entries(filter?.labelSelector ?? {}).every(([name, value]) => labels[name] === value);
      return labelled && (filter?.state === undefined || filter.state.state === state);
    });
    return selected.map(({ id, name, labels = {}, sandboxId = '', image = '', state = 1, createdAt = 0n }) => ({
      id,
      podSandboxId: sandboxId,
      metadata: { name },
      image: { image },
      state,
      createdAt: String(createdAt),
      labels,
    }));
  }

  #status(id: string): object {
    const container = this.containers.find((candidate) => candidate.id === id);
    if (container === undefined) throw new Error(`no such container ${id}`);
    if (container.statusError !== undefined) throw new Error(container.statusError);
    const { info, statusImage, image = '' } = container;
    return { status: { id, image: { image: statusImage ?? image } }, info: info === undefined ? {} : { info } };
  }
}
