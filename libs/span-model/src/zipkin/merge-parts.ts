import type { Endpoint } from '../endpoint.js';
import { SpanKind } from '../span.js';
import { compare } from './zipkin-span.js';

/** The fields by which Zipkin tells which parts of a trace belong together. Spans have them, link rows have them. */
export interface TracePart {
  readonly traceId: string;
  readonly id: string;
  readonly parentId: string | undefined;
  readonly kind: SpanKind;
  readonly shared: boolean;
  readonly localEndpoint: Endpoint | undefined;
}

/** How to make changed copies of such a part. */
export interface PartEditor<T> {
  /** The first, completed by what only the second has. */
  merge(first: T, second: T): T;
  with(part: T, changes: { traceId?: string; parentId?: string; shared?: boolean }): T;
}

/**
 * Zipkin's clean-up of a trace, for spans of one trace in any order: parts of one span that came separately become one,
 * all get the longest trace id, and what belongs to a shared span (flag, parent) is filled in. The result is sorted by
 * span id, callers before callees. The input is not changed.
 */
export function mergeParts<T extends TracePart>(parts: readonly T[], editor: PartEditor<T>): T[] {
  if (parts.length <= 1) return [...parts];
  const sorted = [...parts].sort(byIdAndSide);
  const traceId = sorted.find((part) => part.traceId.length === 32)?.traceId ?? sorted.at(-1)?.traceId ?? '';
  const merged: T[] = [];
  for (const part of joinPieces(sorted, editor)) {
    const renamed = part.traceId.length === traceId.length ? part : editor.with(part, { traceId });
    merged.push(completedByCaller(renamed, merged.at(-1), editor));
  }
  return merged;
}

/** Neighbours that are one span, sent in pieces, become one. */
function joinPieces<T extends TracePart>(sorted: readonly T[], editor: PartEditor<T>): T[] {
  const whole: T[] = [];
  let open: T | undefined;
  let identity = new Identity(undefined);
  for (const next of sorted) {
    if (open?.id === next.id && open.shared === next.shared && identity.admits(next.localEndpoint)) {
      open = editor.merge(open, next);
      continue;
    }
    if (open !== undefined) whole.push(open);
    open = next;
    identity = new Identity(next.localEndpoint);
  }
  if (open !== undefined) whole.push(open);
  return whole;
}

/** Both sides of a call under one id: some senders forget the flag, or the parent, on the callee's side. */
function completedByCaller<T extends TracePart>(part: T, last: T | undefined, editor: PartEditor<T>): T {
  if (last?.id !== part.id) return part;
  let completed = part;
  if (last.kind === SpanKind.client && part.kind === SpanKind.server && !part.shared) {
    completed = editor.with(completed, { shared: true });
  }
  if (completed.shared && completed.parentId === undefined && last.parentId !== undefined) {
    completed = editor.with(completed, { parentId: last.parentId });
  }
  return completed;
}

/** By id; then callers before others before shared; then by endpoint, unknown ones first. */
function byIdAndSide(a: TracePart, b: TracePart): number {
  return compare(a.id, b.id) || sideOf(a) - sideOf(b) || compareEndpoints(a.localEndpoint, b.localEndpoint);
}

function sideOf(part: TracePart): number {
  if (part.shared) return 2;
  return part.kind === SpanKind.client ? 0 : 1;
}

function compareEndpoints(a: Endpoint | undefined, b: Endpoint | undefined): number {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
  return (
    unknownLast(a.lowerServiceName, b.lowerServiceName) || unknownLast(a.ipv4, b.ipv4) || unknownLast(a.ipv6, b.ipv6)
  );
}

function unknownLast(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return compare(a, b);
}

/** Whose span it is, as far as its parts have said: endpoints may come in pieces, but must not contradict. */
class Identity {
  #known: Endpoint | undefined;

  constructor(endpoint: Endpoint | undefined) {
    this.#known = endpoint;
  }

  admits(endpoint: Endpoint | undefined): boolean {
    const known = this.#known;
    if (endpoint === undefined || endpoint === known) return true;
    if (known === undefined) {
      this.#known = endpoint;
      return true;
    }
    const agrees =
      agree(known.lowerServiceName, endpoint.lowerServiceName) &&
      agree(known.ipv4, endpoint.ipv4) &&
      agree(known.ipv6, endpoint.ipv6) &&
      (known.port === 0 || endpoint.port === 0 || known.port === endpoint.port);
    if (agrees) this.#known = known.completedBy(endpoint);
    return agrees;
  }
}

function agree(a: string | undefined, b: string | undefined): boolean {
  return a === undefined || b === undefined || a === b;
}
