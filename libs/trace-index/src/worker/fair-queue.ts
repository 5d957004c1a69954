/**
 * Work of several customers, handed out one piece per customer in turn: whoever has queued a thousand pieces does not
 * keep the one waiting who has queued one.
 */
export class FairQueue<T> {
  /** In the order of their turn. */
  readonly #queues = new Map<number, T[]>();
  size = 0;

  add(customer: number, piece: T): void {
    const queue = this.#queues.get(customer);
    if (queue === undefined) this.#queues.set(customer, [piece]);
    else queue.push(piece);
    this.size++;
  }

  take(): T | undefined {
    for (const [customer, queue] of this.#queues) {
      const piece = queue.shift();
      // To the end of the line, or out of it.
      this.#queues.delete(customer);
      if (queue.length > 0) this.#queues.set(customer, queue);
      if (piece === undefined) continue;
      this.size--;
      return piece;
    }
    return undefined;
  }

  /** Whether the piece was still waiting. */
  remove(customer: number, piece: T): boolean {
    const queue = this.#queues.get(customer);
    const at = queue?.indexOf(piece) ?? -1;
    if (queue === undefined || at < 0) return false;
    queue.splice(at, 1);
    this.size--;
    return true;
  }
}
