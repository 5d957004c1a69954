import type { Endpoint } from '../endpoint.js';
import { type Span, SpanKind } from '../span.js';
import { LinkTree } from './link-tree.js';
import { mergeParts, type PartEditor, type TracePart } from './merge-parts.js';
import { compare, remoteEndpointOf } from './zipkin-span.js';

/** Calls from one service to another. */
export interface DependencyLink {
  readonly parent: string;
  readonly child: string;
  readonly callCount: number;
  readonly errorCount: number;
}

/** All that the links of a trace depend on, so that a store need not read whole spans. */
export interface LinkPart extends TracePart {
  readonly localEndpoint: Endpoint | undefined;
  /** Lower case. */
  readonly remoteServiceName: string | undefined;
  /** `Span.failed`. */
  readonly failed: boolean;
}

export function linkPartOf(span: Span): LinkPart {
  const { traceId, id, parentId, kind, shared, localEndpoint, failed } = span;
  const remoteServiceName = remoteEndpointOf(span)?.lowerServiceName;
  return { traceId, id, parentId, kind, shared, localEndpoint, remoteServiceName, failed };
}

const editor: PartEditor<LinkPart> = {
  merge: (a, b) => ({
    traceId: a.traceId,
    id: a.id,
    parentId: a.parentId ?? b.parentId,
    kind: a.kind === SpanKind.unspecified ? b.kind : a.kind,
    shared: a.shared,
    localEndpoint: a.localEndpoint?.completedBy(b.localEndpoint) ?? b.localEndpoint,
    remoteServiceName: a.remoteServiceName ?? b.remoteServiceName,
    failed: a.failed || b.failed,
  }),
  with: (part, changes) => ({ ...part, ...changes }),
};

/**
 * Counts who calls whom, by the rules of Zipkin's dependency linker: links are made at servers; clients only count where
 * the tree ends (their server is not traced); local spans are looked through; messages link services with their broker.
 */
export class DependencyLinker {
  readonly #counts = new Map<string, { parent: string; child: string; callCount: number; errorCount: number }>();

  /** Adds the links of one trace: all parts that share a trace id (its lower half), in any order. */
  addTrace(parts: readonly LinkPart[]): void {
    const tree = new LinkTree(mergeParts(parts, editor));
    for (let node = 0; node < tree.parts.length; node++) this.#addPart(tree, node);
  }

  /** Sorted by parent, then child. */
  links(): DependencyLink[] {
    return Array.from(this.#counts.values(), (link) => ({ ...link })).sort(
      (a, b) => compare(a.parent, b.parent) || compare(a.child, b.child),
    );
  }

  #addPart(tree: LinkTree<LinkPart>, node: number): void {
    const part = tree.parts[node];
    if (part === undefined || saysNothing(tree, node, part)) return;
    const { kind, local, remote } = sidesOf(part);
    const ancestor = tree.remoteAncestor(node);
    if (ancestor === null) return;
    if (kind === SpanKind.producer) this.#add(local, remote, part.failed);
    else if (kind === SpanKind.consumer) this.#add(remote, local, part.failed);
    else if (kind === SpanKind.client) this.#addClient(part, ancestor);
    else if (kind === SpanKind.server) this.#addServer(part, ancestor);
  }

  #addServer(part: LinkPart, ancestor: LinkPart | undefined): void {
    const { local, remote } = sidesOf(part);
    const caller = ancestor?.localEndpoint?.lowerServiceName;
    this.#add(caller ?? remote, local, part.failed || (caller !== undefined && failedCall(part, ancestor)));
  }

  #addClient(part: LinkPart, ancestor: LinkPart | undefined): void {
    const { local, remote } = sidesOf(part);
    const above = ancestor?.localEndpoint?.lowerServiceName;
    if (above === undefined) {
      this.#add(local, remote, part.failed);
      return;
    }
    // A hop in between left no span of its own. Whether that call failed is not known.
    if (local !== undefined && above !== local) this.#add(above, local, false);
    this.#add(local ?? above, remote, part.failed || failedCall(part, ancestor));
  }

  #add(parent: string | undefined, child: string | undefined, failed: boolean): void {
    if (parent === undefined || child === undefined) return;
    const key = `${parent.length}:${parent}${child}`;
    let link = this.#counts.get(key);
    if (link === undefined) {
      link = { parent, child, callCount: 0, errorCount: 0 };
      this.#counts.set(key, link);
    }
    link.callCount++;
    if (failed) link.errorCount++;
  }
}

interface Sides {
  readonly kind: SpanKind;
  readonly local: string | undefined;
  readonly remote: string | undefined;
}

/** Who calls whom. A span of no kind that knows both sides counts as a client. */
function sidesOf(part: LinkPart): Sides {
  const local = part.localEndpoint?.lowerServiceName;
  const remote = part.remoteServiceName;
  const isLocal = part.kind <= SpanKind.internal;
  return { kind: isLocal && local !== undefined && remote !== undefined ? SpanKind.client : part.kind, local, remote };
}

function saysNothing(tree: LinkTree<LinkPart>, node: number, part: LinkPart): boolean {
  // The server names the link better than its client, if it is there.
  if (part.kind === SpanKind.client) return tree.hasChildren(node);
  // Who called the whole trace must be known by name.
  const isCallee = part.kind === SpanKind.server || part.kind === SpanKind.consumer;
  return isCallee && node === tree.root && part.remoteServiceName === undefined;
}

/** A call in two spans: the error may be noted on the caller's. */
function failedCall(part: LinkPart, ancestor: LinkPart | undefined): boolean {
  return ancestor?.kind === SpanKind.client && part.parentId === ancestor.id && ancestor.failed;
}
