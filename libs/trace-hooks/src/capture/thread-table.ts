import { stamp } from '../output/line-buffer.js';

/** Doubles kept per thread for the text `123,"tid":456,"ts":`. */
const TAG_DOUBLES = 4;
const FIRST_CAPACITY = 1024;

/** No thread: the slot of every unknown thread id. */
export const NO_SLOT = 0;

/**
 * All threads that any session follows, in flat arrays. A thread has a small number, its slot, while it lives: slots
 * are reused, so tables by slot stay small however many processes come and go.
 *
 * ```
 *   thread id ──► slotOfTid (one word per possible id; untouched parts of it never become real memory)
 *                    └► slot ──► tid · tgid · sessions (bit per session) · sinceNs · comm · tag text
 * ```
 */
export class ThreadTable {
  readonly #slotOfTid: Int32Array;
  readonly #free: number[] = [];
  #used = 1;
  tid = new Int32Array(FIRST_CAPACITY);
  tgid = new Int32Array(FIRST_CAPACITY);
  /** Bit `1 << index` per session that follows the thread. */
  sessions = new Int32Array(FIRST_CAPACITY);
  /** When the thread became known, to tell it from an earlier owner of its id. */
  sinceNs = new Float64Array(FIRST_CAPACITY);
  /** Changes whenever the slot stands for another thread or the thread for another name. */
  nameVersion = new Int32Array(FIRST_CAPACITY);
  /** Text of each thread in its lines, `TAG_DOUBLES` doubles per slot. */
  tags = new Float64Array(FIRST_CAPACITY * TAG_DOUBLES);
  tagLength = new Uint8Array(FIRST_CAPACITY);
  readonly #comm: string[] = [];
  #versions = 0;

  /** @param maxTid the largest thread id of this machine (`kernel/pid_max`) */
  constructor(maxTid: number) {
    this.#slotOfTid = new Int32Array(maxTid + 1);
  }

  /** The slot of a thread id, `NO_SLOT` when it is not known. */
  slotOf(tid: number): number {
    return this.#slotOfTid[tid] ?? NO_SLOT;
  }

  get size(): number {
    return this.#used - 1 - this.#free.length;
  }

  /** Room that tables by slot need. */
  get capacity(): number {
    return this.tid.length;
  }

  /** Makes a thread known, forgetting an earlier owner of the id. `NO_SLOT` for an id beyond this machine's. */
  add(tid: number, tgid: number, comm: string, sinceNs: number): number {
    if (!(tid > 0 && tid < this.#slotOfTid.length)) return NO_SLOT;
    const slot = this.slotOf(tid) || (this.#free.pop() ?? this.#grow());
    this.#slotOfTid[tid] = slot;
    this.tid[slot] = tid;
    this.sessions[slot] = 0;
    this.sinceNs[slot] = sinceNs;
    this.#setTgid(slot, tgid);
    this.rename(slot, comm);
    return slot;
  }

  remove(slot: number): void {
    const tid = this.tid[slot] ?? 0;
    if (slot === NO_SLOT || this.slotOf(tid) !== slot) return;
    this.#slotOfTid[tid] = NO_SLOT;
    this.sessions[slot] = 0;
    this.#comm[slot] = '';
    this.#free.push(slot);
  }

  /** A thread takes over another id: an exec by a thread that is not the leader becomes the leader. */
  renumber(slot: number, tid: number, tgid: number): void {
    this.#slotOfTid[this.tid[slot] ?? 0] = NO_SLOT;
    this.#slotOfTid[tid] = slot;
    this.tid[slot] = tid;
    this.#setTgid(slot, tgid);
    this.rename(slot, this.comm(slot));
  }

  rename(slot: number, comm: string): void {
    this.#comm[slot] = comm;
    this.nameVersion[slot] = ++this.#versions;
  }

  comm(slot: number): string {
    return this.#comm[slot] ?? '';
  }

  /** All slots in use. */
  *slots(): Generator<number> {
    for (let slot = 1; slot < this.#used; slot++) if (this.slotOf(this.tid[slot] ?? 0) === slot) yield slot;
  }

  #setTgid(slot: number, tgid: number): void {
    this.tgid[slot] = tgid;
    const tag = stamp(`${tgid},"tid":${this.tid[slot] ?? 0},"ts":`);
    this.tags.set(tag.doubles, slot * TAG_DOUBLES);
    this.tagLength[slot] = tag.length;
  }

  #grow(): number {
    if (this.#used === this.capacity) {
      const capacity = this.capacity * 2;
      this.tid = grown(this.tid, new Int32Array(capacity));
      this.tgid = grown(this.tgid, new Int32Array(capacity));
      this.sessions = grown(this.sessions, new Int32Array(capacity));
      this.nameVersion = grown(this.nameVersion, new Int32Array(capacity));
      this.sinceNs = grown(this.sinceNs, new Float64Array(capacity));
      this.tags = grown(this.tags, new Float64Array(capacity * TAG_DOUBLES));
      this.tagLength = grown(this.tagLength, new Uint8Array(capacity));
    }
    return this.#used++;
  }
}

/** Copies what a table holds into a larger one. */
export function grown<T extends Int32Array | Uint32Array | Float64Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** Where the tag text of a slot begins in `tags`. */
export function tagStart(slot: number): number {
  return slot * TAG_DOUBLES;
}
