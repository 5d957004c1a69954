/**
 * The part of the Container Runtime Interface, version 1, that listing containers takes. Field numbers are those of the
 * public definition `runtime.v1`; fields that are not listed are skipped on reading. It is kept as data, not as a
 * `.proto` file, so that there is no file to find at run time.
 */
type Fields = Readonly<Record<string, readonly [type: string, id: number, kind?: 'repeated' | 'map']>>;

export const RUNTIME_SERVICE = 'runtime.v1.RuntimeService';

const MESSAGES: Readonly<Record<string, Fields>> = {
  VersionRequest: { version: ['string', 1] },
  VersionResponse: { version: ['string', 1], runtimeName: ['string', 2], runtimeVersion: ['string', 3] },

  PodSandboxMetadata: { name: ['string', 1], uid: ['string', 2], namespace: ['string', 3], attempt: ['uint32', 4] },
  PodSandbox: {
    id: ['string', 1],
    metadata: ['PodSandboxMetadata', 2],
    state: ['int32', 3],
    createdAt: ['int64', 4],
    labels: ['string', 5, 'map'],
  },
  ListPodSandboxRequest: {},
  ListPodSandboxResponse: { items: ['PodSandbox', 1, 'repeated'] },

  ContainerMetadata: { name: ['string', 1], attempt: ['uint32', 2] },
  ImageSpec: { image: ['string', 1], userSpecifiedImage: ['string', 18] },
  Container: {
    id: ['string', 1],
    podSandboxId: ['string', 2],
    metadata: ['ContainerMetadata', 3],
    image: ['ImageSpec', 4],
    imageRef: ['string', 5],
    state: ['int32', 6],
    createdAt: ['int64', 7],
    labels: ['string', 8, 'map'],
  },
  ContainerStateValue: { state: ['int32', 1] },
  ContainerFilter: { state: ['ContainerStateValue', 2], labelSelector: ['string', 4, 'map'] },
  ListContainersRequest: { filter: ['ContainerFilter', 1] },
  ListContainersResponse: { containers: ['Container', 1, 'repeated'] },

  ContainerStatus: { id: ['string', 1], image: ['ImageSpec', 8], imageRef: ['string', 9] },
  ContainerStatusRequest: { containerId: ['string', 1], verbose: ['bool', 2] },
  ContainerStatusResponse: { status: ['ContainerStatus', 1], info: ['string', 2, 'map'] },
};

const METHODS = ['Version', 'ListPodSandbox', 'ListContainers', 'ContainerStatus'] as const;
export type CriMethod = (typeof METHODS)[number];

/** A namespace in the JSON form of protobuf reflection (`{ nested: … }`), as protobufjs and proto-loader read it. */
export function criDescriptor(): { nested: Record<string, object> } {
  const types = Object.entries(MESSAGES).map(([name, fields]) => [name, { fields: descriptors(fields) }]);
  const methods = METHODS.map((name) => [name, { requestType: `${name}Request`, responseType: `${name}Response` }]);
  const service = { methods: Object.fromEntries(methods) as object };
  const v1 = { nested: { ...(Object.fromEntries(types) as object), RuntimeService: service } };
  return { nested: { runtime: { nested: { v1 } } } };
}

function descriptors(fields: Fields): Record<string, object> {
  const descriptors: Record<string, object> = {};
  for (const [name, [type, id, kind]] of Object.entries(fields)) {
    const shape = kind === 'map' ? { keyType: 'string' } : kind === 'repeated' ? { rule: kind } : {};
    descriptors[name] = { ...shape, type, id };
  }
  return descriptors;
}
