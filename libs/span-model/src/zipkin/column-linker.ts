import type { Endpoint } from '../endpoint.js';
import { SpanKind } from '../span.js';
import { type DependencyLink, DependencyLinker, type LinkPart } from './dependency-links.js';
import { hashOf, type LinkColumns, rowsByTrace, tableSize, type TextNumbers, UNKNOWN_TEXT } from './link-columns.js';
import { compare } from './zipkin-span.js';

const NONE = UNKNOWN_TEXT;
/** Of a node whose nearest remote ancestor is being looked for, and of one whose ancestors form a loop. */
const UNKNOWN = -2;
const OPEN = -3;
const LOOP = -4;
const MOST_TEXTS = 1 << 26;

/** Makes the endpoint of a service (undefined when unknown) and the text of its `address` column. */
export type EndpointOf = (service: string | undefined, address: string | undefined) => Endpoint | undefined;

/**
 * Counts who calls whom over columns, by the rules of `DependencyLinker`: an order of magnitude cheaper, because most
 * traces are simple (no id twice, nothing shared) and need neither merging nor objects. The others are given to
 * `DependencyLinker`.
 */
export class ColumnLinker {
  /** Calls and failed calls by caller and callee, as numbers of texts. */
  readonly #counts = new Map<number, { calls: number; errors: number }>();
  readonly #general = new DependencyLinker();
  #trace: SimpleTrace;

  constructor(
    private readonly names: TextNumbers,
    private readonly endpointOf: EndpointOf,
  ) {
    this.#trace = new SimpleTrace(64);
  }

  /** Adds the links of the traces that began between the times: at their first row without a parent, else at their first. */
  add(columns: LinkColumns, fromUs: number, toUs: number): void {
    const { rows, starts, traces } = rowsByTrace(columns);
    for (let trace = 0; trace < traces; trace++) {
      const ofTrace = rows.subarray(starts[trace], starts[trace + 1]);
      const timeUs = timeOf(columns, ofTrace);
      if (!(timeUs >= fromUs && timeUs <= toUs)) continue;
      if (ofTrace.length > this.#trace.capacity) this.#trace = new SimpleTrace(ofTrace.length * 2);
      if (this.#trace.read(columns, ofTrace)) this.#addSimple(columns);
      else this.#general.addTrace(Array.from(ofTrace, (row) => this.#part(columns, row)));
    }
  }

  /** Sorted by parent, then child. */
  links(): DependencyLink[] {
    const sums = new Map<string, DependencyLink>();
    const add = (link: DependencyLink): void => {
      const key = `${link.parent.length}:${link.parent}${link.child}`;
      const { callCount = 0, errorCount = 0 } = sums.get(key) ?? {};
      sums.set(key, {
        ...link,
        callCount: callCount + link.callCount,
        errorCount: errorCount + link.errorCount,
      });
    };
    for (const link of this.#general.links()) add(link);
    for (const [key, { calls, errors }] of this.#counts) {
      const [parent = '', child = ''] = [Math.floor(key / MOST_TEXTS), key % MOST_TEXTS].map((n) =>
        this.names.textOf(n),
      );
      add({ parent, child, callCount: calls, errorCount: errors });
    }
    return [...sums.values()].sort((a, b) => compare(a.parent, b.parent) || compare(a.child, b.child));
  }

  #addSimple(columns: LinkColumns): void {
    const trace = this.#trace;
    for (let node = 0; node < trace.length; node++) {
      const row = trace.row(node);
      const local = columns.service[row] ?? NONE;
      const remote = columns.remote[row] ?? NONE;
      const kind = columns.kindAt(row);
      const known = kind <= SpanKind.internal && local !== NONE && remote !== NONE ? SpanKind.client : kind;
      if (known <= SpanKind.internal || saysNothing(trace, node, kind, remote)) continue;
      const ancestor = trace.remoteAncestor(columns, node);
      if (ancestor === LOOP) continue;
      this.#addNode(columns, {
        row,
        kind: known,
        local,
        remote,
        above: ancestor === NONE ? NONE : trace.row(ancestor),
      });
    }
  }

  #addNode(columns: LinkColumns, { row, kind, local, remote, above }: Node): void {
    const failed = columns.failed[row] === 1;
    if (kind === SpanKind.producer) this.#count(local, remote, failed);
    else if (kind === SpanKind.consumer) this.#count(remote, local, failed);
    else {
      const caller = above === NONE ? NONE : (columns.service[above] ?? NONE);
      const alsoFailed = failed || (caller !== NONE && failedCall(columns, row, above));
      if (kind === SpanKind.server) this.#count(caller === NONE ? remote : caller, local, alsoFailed);
      else this.#countClient(caller, local, remote, alsoFailed);
    }
  }

  #countClient(caller: number, local: number, remote: number, failed: boolean): void {
    // A hop in between left no span of its own. Whether that call failed is not known.
    if (caller !== NONE && local !== NONE && caller !== local) this.#count(caller, local, false);
    this.#count(local === NONE ? caller : local, remote, failed);
  }

  #count(parent: number, child: number, failed: boolean): void {
    if (parent === NONE || child === NONE) return;
    const key = parent * MOST_TEXTS + child;
    let count = this.#counts.get(key);
    if (count === undefined) this.#counts.set(key, (count = { calls: 0, errors: 0 }));
    count.calls++;
    if (failed) count.errors++;
  }

  #part(columns: LinkColumns, row: number): LinkPart {
    const text = (number: number | undefined): string | undefined => this.names.textOf(number ?? NONE);
    const parentId = hexOf(columns.parentHigh[row], columns.parentLow[row]);
    return {
      traceId: hexOf(columns.traceHigh[row], columns.traceLow[row]),
      id: hexOf(columns.idHigh[row], columns.idLow[row]),
      parentId: parentId === NO_ID ? undefined : parentId,
      kind: columns.kindAt(row),
      shared: columns.shared[row] === 1,
      localEndpoint: this.endpointOf(text(columns.service[row]), text(columns.address[row])),
      remoteServiceName: text(columns.remote[row]),
      failed: columns.failed[row] === 1,
    };
  }
}

interface Node {
  readonly row: number;
  readonly kind: SpanKind;
  readonly local: number;
  readonly remote: number;
  /** Row of the nearest remote ancestor. */
  readonly above: number;
}

const NO_ID = '0000000000000000';

function saysNothing(trace: SimpleTrace, node: number, kind: SpanKind, remote: number): boolean {
  // The server names the link better than its client, if it is there.
  if (kind === SpanKind.client) return trace.hasChildren(node);
  // Who called the whole trace must be known by name.
  const isCallee = kind === SpanKind.server || kind === SpanKind.consumer;
  return isCallee && node === trace.root && remote === NONE;
}

/** A call in two spans: the error may be noted on the caller's. */
function failedCall(columns: LinkColumns, row: number, above: number): boolean {
  return (
    columns.kind[above] === SpanKind.client &&
    columns.failed[above] === 1 &&
    columns.parentLow[row] === columns.idLow[above] &&
    columns.parentHigh[row] === columns.idHigh[above]
  );
}

/** Earliest start of rows without a parent, else of all; NaN when none is known. */
function timeOf({ startUs, parentHigh, parentLow }: LinkColumns, rows: Int32Array): number {
  let root = NaN;
  let any = NaN;
  for (const row of rows) {
    const us = startUs[row] ?? NaN;
    if (!(us >= any)) any = Number.isNaN(us) ? any : us;
    if (parentHigh[row] === 0 && parentLow[row] === 0 && !(us >= root)) root = Number.isNaN(us) ? root : us;
  }
  return Number.isNaN(root) ? any : root;
}

function hexOf(high = 0, low = 0): string {
  return (high >>> 0).toString(16).padStart(8, '0') + (low >>> 0).toString(16).padStart(8, '0');
}

/** The tree of a trace in which no id comes twice and nothing is shared; used again for trace after trace. */
class SimpleTrace {
  readonly capacity: number;
  length = 0;
  /** Node without a parent, of several that with the smallest id; NONE when there is none. */
  root = NONE;
  #rows: Int32Array = new Int32Array(0);
  readonly #parents: Int32Array;
  readonly #hasChildren: Uint8Array;
  readonly #ancestors: Int32Array;
  readonly #path: Int32Array;
  readonly #slots: Int32Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#parents = new Int32Array(capacity);
    this.#hasChildren = new Uint8Array(capacity);
    this.#ancestors = new Int32Array(capacity);
    this.#path = new Int32Array(capacity);
    this.#slots = new Int32Array(tableSize(capacity));
  }

  /** False when the trace is not simple. */
  read(columns: LinkColumns, rows: Int32Array): boolean {
    this.length = rows.length;
    this.#rows = rows;
    const mask = tableSize(rows.length) - 1;
    this.#slots.fill(0, 0, mask + 1);
    if (!this.#findNodes(columns, mask)) return false;
    this.#attach(columns, mask);
    return true;
  }

  row(node: number): number {
    return this.#rows[node] ?? NONE;
  }

  hasChildren(node: number): boolean {
    return this.#hasChildren[node] === 1;
  }

  /** The nearest ancestor with a kind, NONE, or LOOP when the node hangs on nothing but itself. */
  remoteAncestor(columns: LinkColumns, start: number): number {
    const [ancestors, parents, path] = [this.#ancestors, this.#parents, this.#path];
    let length = 0;
    let node = start;
    while (ancestors[node] === UNKNOWN) {
      const parent = parents[node] ?? NONE;
      ancestors[node] = parent === NONE ? NONE : OPEN;
      if (parent === NONE) break;
      path[length++] = node;
      node = parent;
    }
    let answer = ancestors[node] === OPEN ? LOOP : (ancestors[node] ?? NONE);
    while (length > 0) {
      if (answer !== LOOP && columns.kindAt(this.row(node)) > SpanKind.internal) answer = node;
      node = path[--length] ?? NONE;
      ancestors[node] = answer;
    }
    return ancestors[start] ?? NONE;
  }

  #findNodes(columns: LinkColumns, mask: number): boolean {
    const { idHigh, idLow, parentHigh, parentLow, shared } = columns;
    this.root = NONE;
    for (let node = 0; node < this.length; node++) {
      const row = this.row(node);
      const slot = this.#slotOf(columns, idHigh[row] ?? 0, idLow[row] ?? 0, mask);
      if (shared[row] === 1 || this.#slots[slot] !== 0) return false;
      this.#slots[slot] = node + 1;
      const isRoot = parentHigh[row] === 0 && parentLow[row] === 0;
      if (isRoot && (this.root === NONE || isBefore(columns, row, this.row(this.root)))) this.root = node;
    }
    return true;
  }

  #attach(columns: LinkColumns, mask: number): void {
    this.#hasChildren.fill(0, 0, this.length);
    this.#ancestors.fill(UNKNOWN, 0, this.length);
    for (let node = 0; node < this.length; node++) {
      const row = this.row(node);
      const slot = this.#slotOf(columns, columns.parentHigh[row] ?? 0, columns.parentLow[row] ?? 0, mask);
      let parent = (this.#slots[slot] ?? 0) - 1;
      // What has no parent, or a missing one, hangs off the root.
      if (parent === NONE && node !== this.root) parent = this.root;
      this.#parents[node] = parent;
      if (parent !== NONE) this.#hasChildren[parent] = 1;
    }
  }

  /** Where the node of an id is, plus one; or the empty slot where it would be. */
  #slotOf({ idHigh, idLow }: LinkColumns, high: number, low: number, mask: number): number {
    let slot = hashOf(high, low) & mask;
    for (let node = this.#slots[slot] ?? 0; node !== 0; node = this.#slots[slot] ?? 0) {
      const row = this.row(node - 1);
      if (idLow[row] === low && idHigh[row] === high) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }
}

/** Ids are ordered as their digits are, without a sign. */
function isBefore({ idHigh, idLow }: LinkColumns, row: number, other: number): boolean {
  const [high = 0, otherHigh = 0] = [idHigh[row], idHigh[other]];
  if (high !== otherHigh) return high >>> 0 < otherHigh >>> 0;
  return (idLow[row] ?? 0) >>> 0 < (idLow[other] ?? 0) >>> 0;
}
