import type { Endpoint } from '../endpoint.js';
import { SpanKind } from '../span.js';
import type { TracePart } from './merge-parts.js';

/** Parent of a node that hangs nowhere, of a node at the root, and of children of a root that is missing. */
const UNATTACHED = -1;
const AT_ROOT = -2;

/** Nearest remote ancestor: not looked up yet, being looked up, there is none, and the node is not in the tree. */
const UNKNOWN = -1;
const OPEN = -2;
const NO_ANCESTOR = -3;
const OUTSIDE = -4;

/**
 * The tree that Zipkin derives dependency links from, over the merged parts of a trace:
 *
 *     part ── key (id; for shared parts id and endpoint, for several services may answer one call)
 *      └──── key of its parent: of a shared part its caller (same id); else the shared part of the parent id at the same
 *            endpoint, or the parent id
 *
 * The first part without a parent is the root; parts whose parent is missing hang off the root. Only the parent of each
 * node, and whether it has children, are needed, so nothing more is built. Loops are outside of the tree.
 */
export class LinkTree<T extends TracePart> {
  readonly parts: readonly T[];
  /** Index of the root part; -1 when it is missing. */
  root = -1;
  readonly #parents: number[];
  readonly #hasChildren: boolean[];
  readonly #ancestors: number[];

  /** Asks for parts as `mergeParts` gives them. */
  constructor(parts: readonly T[]) {
    this.parts = parts;
    this.#parents = parts.map(() => UNATTACHED);
    this.#hasChildren = parts.map(() => false);
    this.#ancestors = parts.map(() => UNKNOWN);
    const parentKeys = parentKeysOf(parts);
    this.#attach(parentKeys, this.#nodesByKey(parentKeys));
  }

  hasChildren(node: number): boolean {
    return this.#hasChildren[node] ?? false;
  }

  /** The nearest ancestor with a kind; undefined when there is none; null when the node itself is not in the tree. */
  remoteAncestor(node: number): T | undefined | null {
    const ancestor = this.#ancestorOf(node);
    if (ancestor === OUTSIDE) return null;
    return ancestor === NO_ANCESTOR ? undefined : this.parts[ancestor];
  }

  #nodesByKey(parentKeys: Map<string, string | undefined>): Map<string, number> {
    const nodes = new Map<string, number>();
    for (const [node, part] of this.parts.entries()) {
      const isRoot = !part.shared && part.parentId === undefined;
      if (isRoot && this.root < 0) {
        this.root = node;
        parentKeys.delete(part.id);
        continue;
      }
      if (part.shared) {
        nodes.set(sharedKey(part.id, part.localEndpoint), node);
        continue;
      }
      const local = part.parentId === undefined ? undefined : sharedKey(part.parentId, part.localEndpoint);
      if (local !== undefined && parentKeys.has(local)) parentKeys.set(part.id, local);
      nodes.set(part.id, node);
    }
    return nodes;
  }

  #attach(parentKeys: Map<string, string | undefined>, nodes: Map<string, number>): void {
    for (const [key, parentKey] of parentKeys) {
      const node = nodes.get(key);
      if (node === undefined) continue;
      const parent = parentKey === undefined ? undefined : nodes.get(parentKey);
      this.#parents[node] = parent ?? (this.root >= 0 ? this.root : AT_ROOT);
      const over = parent ?? this.root;
      if (over >= 0) this.#hasChildren[over] = true;
    }
    if (this.root >= 0) this.#parents[this.root] = AT_ROOT;
  }

  /** Climbs until an answer is known, then gives it to all nodes on the way: every node is passed once. */
  #ancestorOf(start: number): number {
    const path: number[] = [];
    let node = start;
    while (this.#ancestors[node] === UNKNOWN) {
      this.#ancestors[node] = this.#answerAtTop(node);
      if (this.#ancestors[node] !== OPEN) break;
      path.push(node);
      node = this.#parents[node] ?? UNATTACHED;
    }
    // An OPEN node was met again: a loop.
    let answer = this.#ancestors[node] === OPEN ? OUTSIDE : (this.#ancestors[node] ?? OUTSIDE);
    for (let i = path.length - 1; i >= 0; i--) {
      if (answer !== OUTSIDE && this.#isRemote(node)) answer = node;
      node = path[i] ?? node;
      this.#ancestors[node] = answer;
    }
    return this.#ancestors[start] ?? OUTSIDE;
  }

  /** The answer for a node without a parent; OPEN when it has one. */
  #answerAtTop(node: number): number {
    const parent = this.#parents[node] ?? UNATTACHED;
    if (parent >= 0) return OPEN;
    return parent === AT_ROOT ? NO_ANCESTOR : OUTSIDE;
  }

  #isRemote(node: number): boolean {
    return (this.parts[node]?.kind ?? SpanKind.unspecified) > SpanKind.internal;
  }
}

/** What hangs where, by key, as the parts say it themselves. */
function parentKeysOf(parts: readonly TracePart[]): Map<string, string | undefined> {
  const keys = new Map<string, string | undefined>();
  for (const part of parts) {
    if (part.shared) keys.set(sharedKey(part.id, part.localEndpoint), part.id);
    else keys.set(part.id, part.parentId);
  }
  return keys;
}

/** Longer than any id, so that the two kinds of keys never meet. */
function sharedKey(id: string, endpoint: Endpoint | undefined): string {
  if (endpoint === undefined) return `${id}/`;
  const { ipv4 = '', ipv6 = '', port } = endpoint;
  return `${id}/${ipv4}/${ipv6}/${port}/${endpoint.lowerServiceName ?? ''}`;
}
