import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import { fromJSON, type MethodDefinition } from '@grpc/proto-loader';
import { criDescriptor, type CriMethod, RUNTIME_SERVICE } from './cri-schema.js';

/** `CONTAINER_RUNNING` of the CRI. */
export const CONTAINER_RUNNING = 1;

export interface CriVersion {
  readonly runtimeName: string;
  readonly runtimeVersion: string;
}

export interface CriSandbox {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
}

interface CriImage {
  readonly image: string;
  readonly userSpecifiedImage: string;
}

export interface CriContainer {
  readonly id: string;
  readonly podSandboxId: string;
  readonly metadata: { readonly name: string } | null;
  readonly image: CriImage | null;
  readonly imageRef: string;
  readonly state: number;
  /** Nanoseconds since the epoch, in decimal. */
  readonly createdAt: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface CriContainerStatus {
  readonly status: { readonly image: CriImage | null; readonly imageRef: string } | null;
  /** Free text of the runtime; `info.info` is a JSON document by convention. */
  readonly info: Readonly<Record<string, string>>;
}

interface ContainerFilter {
  readonly state?: { readonly state: number };
  readonly labelSelector?: Readonly<Record<string, string>>;
}

/** The node's container runtime. Every call ends by `deadlineMs` (epoch) and rejects with the runtime's own words. */
export interface CriClient {
  version(deadlineMs: number): Promise<CriVersion>;
  listPodSandboxes(deadlineMs: number): Promise<CriSandbox[]>;
  listContainers(filter: ContainerFilter, deadlineMs: number): Promise<CriContainer[]>;
  containerStatus(containerId: string, deadlineMs: number): Promise<CriContainerStatus>;
  close(): void;
}

/**
 * The method table of the runtime service, with its codecs: integers of 64 bits as decimal text, absent messages as
 * null, other absent fields as their zero value.
 */
export function criService(): Record<CriMethod, MethodDefinition<object, object>> {
  const definitions = fromJSON(criDescriptor(), { longs: String, defaults: true, arrays: true, objects: true });
  return definitions[RUNTIME_SERVICE] as ReturnType<typeof criService>;
}

const CHANNEL_OPTIONS = {
  // A path is no host name, and some servers refuse one as authority.
  'grpc.default_authority': 'localhost',
  'grpc.max_receive_message_length': 64 << 20,
  // The shared pool would hand a new client the old connection and its back-off.
  'grpc.use_local_subchannel_pool': 1,
};

/** Does not connect until the first call. */
export function openCriClient(socketPath: string): CriClient {
  const connection = new CriConnection(socketPath);
  return {
    version: (deadlineMs) => connection.call<CriVersion>('Version', {}, deadlineMs),
    listPodSandboxes: async (deadlineMs) =>
      (await connection.call<{ items: CriSandbox[] }>('ListPodSandbox', {}, deadlineMs)).items,
    listContainers: async (filter, deadlineMs) =>
      (await connection.call<{ containers: CriContainer[] }>('ListContainers', { filter }, deadlineMs)).containers,
    containerStatus: (containerId, deadlineMs) =>
      connection.call<CriContainerStatus>('ContainerStatus', { containerId, verbose: true }, deadlineMs),
    close: () => {
      connection.close();
    },
  };
}

class CriConnection {
  readonly #service = criService();
  readonly #socketPath: string;
  #client: Client;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
    this.#client = this.#open();
  }

  /**
   * A restarted runtime leaves a dead connection and a channel that waits longer and longer before it tries again, so
   * an unavailable runtime gets one more try, at once, over a new channel.
   */
  async call<Reply>(method: CriMethod, request: object, deadlineMs: number): Promise<Reply> {
    const client = this.#client;
    try {
      return await this.#callOnce<Reply>(client, method, request, deadlineMs);
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      if (this.#client === client) {
        client.close();
        this.#client = this.#open();
      }
      return this.#callOnce<Reply>(this.#client, method, request, deadlineMs);
    }
  }

  close(): void {
    this.#client.close();
  }

  #open(): Client {
    return new Client(`unix://${this.#socketPath}`, credentials.createInsecure(), CHANNEL_OPTIONS);
  }

  #callOnce<Reply>(client: Client, method: CriMethod, request: object, deadlineMs: number): Promise<Reply> {
    const { path, requestSerialize, responseDeserialize } = this.#service[method];
    return new Promise((resolve, reject) => {
      const answer = (error: Error | null, reply?: object): void => {
        if (error === null) resolve(reply as Reply);
        else reject(error);
      };
      const options = { deadline: deadlineMs };
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, new Metadata(), options, answer);
    });
  }
}

function isUnavailable(error: unknown): boolean {
  return (error as { code?: unknown }).code === status.UNAVAILABLE;
}
