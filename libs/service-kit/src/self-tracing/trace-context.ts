import { randomBytes } from 'node:crypto';

/** Place in a trace, as W3C Trace Context passes it on: `00-<trace id>-<span id>-<flags>`. */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits, not all zero. */
  readonly traceId: string;
  /** 16 lower-case hexadecimal digits, not all zero. */
  readonly spanId: string;
  /** Whether whoever began the trace records it. */
  readonly sampled: boolean;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const ZERO = /^0+$/;

/** Reads the header; undefined when it is absent or not what the specification (level 1) allows. */
export function parseTraceparent(header: string | undefined): TraceContext | undefined {
  const [, version, traceId = '', spanId = '', flags = '', more] = TRACEPARENT.exec(header ?? '') ?? [];
  // Later versions may say more; the first one may not. ff is no version.
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (ZERO.test(traceId) || ZERO.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (parseInt(flags, 16) & 1) === 1 };
}

export function formatTraceparent({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}

/** The context of a new span, in the trace of its parent or in one of its own. */
export function childOf(parent: TraceContext | undefined, sampled: boolean): TraceContext {
  return { traceId: parent?.traceId ?? randomId(16), spanId: randomId(8), sampled };
}

function randomId(bytes: number): string {
  const id = randomBytes(bytes).toString('hex');
  return ZERO.test(id) ? randomId(bytes) : id;
}
