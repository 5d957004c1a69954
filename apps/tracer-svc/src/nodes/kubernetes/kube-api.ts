/** The few fields of pods and endpoints that discovery looks at; everything may be missing in a foreign answer. */
export interface KubeObject {
  readonly metadata?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
    readonly deletionTimestamp?: string;
  };
  readonly spec?: { readonly nodeName?: string };
  readonly status?: { readonly phase?: string; readonly podIP?: string };
  readonly subsets?: readonly KubeSubset[];
}

export interface KubeSubset {
  readonly addresses?: readonly { readonly ip?: string }[];
  readonly notReadyAddresses?: readonly { readonly ip?: string }[];
  readonly ports?: readonly { readonly port?: number; readonly protocol?: string }[];
}

/** A collection in all namespaces or in one, narrowed by a selector. */
export interface ResourceQuery {
  readonly path: `/api/v1/${'' | `namespaces/${string}/`}${'pods' | 'endpoints'}`;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; readonly object: KubeObject }
  | { readonly type: 'ERROR'; readonly object: { readonly code?: number; readonly message?: string } };

export interface WatchHandler {
  /** The server accepted the watch. */
  onOpen(): void;
  /** May throw: the watch then ends with that error. */
  onEvent(event: WatchEvent): void;
}

/** A refusal of the API server; `status` is its HTTP status. */
export class KubeApiError extends Error {
  override readonly name = 'KubeApiError';

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The part of the Kubernetes API that discovery needs. Rejects with KubeApiError for refusals, else with any error. */
export interface KubeApi {
  list(
    query: ResourceQuery,
    signal: AbortSignal,
  ): Promise<{ readonly items: readonly KubeObject[]; readonly resourceVersion: string }>;
  /** Resolves when the server ended the stream in an orderly way. */
  watch(query: ResourceQuery, resourceVersion: string, handler: WatchHandler, signal: AbortSignal): Promise<void>;
}
