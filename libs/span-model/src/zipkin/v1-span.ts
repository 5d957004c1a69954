import type { Endpoint } from '../endpoint.js';

export interface V1Annotation {
  /** Microseconds since 1970. */
  readonly timestampUs: bigint;
  readonly value: string;
  readonly endpoint: Endpoint | undefined;
}

/** Types of a v1 binary annotation, numbered as in zipkinCore.thrift. */
export const V1Type = { bool: 0, bytes: 1, i16: 2, i32: 3, i64: 4, double: 5, string: 6 } as const;
export type V1Type = (typeof V1Type)[keyof typeof V1Type];

/** `value` goes with `type`: boolean, Uint8Array, bigint (i16, i32, i64), number (double), string. */
export interface V1BinaryAnnotation {
  readonly key: string;
  readonly value: string | boolean | bigint | number | Uint8Array;
  readonly type: V1Type;
  readonly endpoint: Endpoint | undefined;
}

/** What only a v1 span says: times of its own (0n: absent) and the annotations with their endpoints, in their order. */
export class V1Original {
  /** Stands in all but the first of the spans that one v1 span became. */
  static readonly continued = new V1Original(0n, 0n, [], []);

  constructor(
    readonly timestampUs: bigint,
    readonly durationUs: bigint,
    readonly annotations: readonly V1Annotation[],
    readonly binaryAnnotations: readonly V1BinaryAnnotation[],
  ) {}
}

/** A whole v1 span, between its bytes and the spans that it becomes (or came from). */
export interface V1Span {
  readonly traceId: string;
  readonly parentId: string | undefined;
  readonly id: string;
  readonly name: string;
  readonly debug: boolean;
  readonly original: V1Original;
}
