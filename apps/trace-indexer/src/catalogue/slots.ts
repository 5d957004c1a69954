interface Waiting {
  readonly key: string;
  urgent: boolean;
  start(): void;
}

/** Runs at most so many tasks at a time; urgent ones go before those that nobody waits for. */
export class Slots {
  #waiting: Waiting[] = [];
  #free: number;

  constructor(count: number) {
    this.#free = count;
  }

  async run<T>(key: string, urgent: boolean, task: () => Promise<T>): Promise<T> {
    await this.#take(key, urgent);
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next) next.start();
      else this.#free++;
    }
  }

  /** Makes what waits under `key` urgent. */
  hurry(key: string): void {
    const at = this.#waiting.findIndex((other) => other.key === key && !other.urgent);
    const [found] = at < 0 ? [] : this.#waiting.splice(at, 1);
    if (found) this.#insert({ ...found, urgent: true });
  }

  #take(key: string, urgent: boolean): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve();
    }
    return new Promise((start) => {
      this.#insert({ key, urgent, start });
    });
  }

  #insert(waiting: Waiting): void {
    const behind = waiting.urgent ? this.#waiting.findIndex((other) => !other.urgent) : -1;
    if (behind < 0) this.#waiting.push(waiting);
    else this.#waiting.splice(behind, 0, waiting);
  }
}
