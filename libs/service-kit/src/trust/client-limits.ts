import { TracerError } from '@tracer/base';
import { TokenBucket } from './token-bucket.js';

/** Per client; 0 is no limit. */
export interface LimitOptions {
  /** Requests per second in the long run. */
  readonly perSecond: number;
  /** Requests that may come at once. */
  readonly burst: number;
  /** Requests that may be under way, streams included. */
  readonly concurrent: number;
  /** Streams that may be open. */
  readonly streams: number;
}

export type LimitName = 'rate' | 'concurrency' | 'streams';

/** A client is asked to come later. */
export class LimitReached extends TracerError {
  constructor(
    readonly limit: LimitName,
    readonly retryAfterSeconds: number,
    message: string,
  ) {
    super('TOO_MANY', message);
  }
}

interface Client {
  readonly bucket: TokenBucket | undefined;
  open: number;
  streams: number;
}

/** When so many clients are known, those that do nothing are forgotten; then again when they have doubled. */
const MANY_CLIENTS = 10_000;

/** Holds every client, by token or by address, to the same limits. */
export class ClientLimits {
  readonly #clients = new Map<string, Client>();
  #sweepAt = MANY_CLIENTS;

  constructor(
    private readonly options: LimitOptions,
    private readonly now: () => number = Date.now,
  ) {}

  get size(): number {
    return this.#clients.size;
  }

  /**
   * Counts a request in. Returns what must be called, once or more, when it is over.
   * Throws LimitReached naming the limit and when to come again.
   */
  enter(key: string, isStream: boolean): () => void {
    const client = this.#clientOf(key);
    const { perSecond, concurrent, streams } = this.options;
    const waitMs = client.bucket?.take(this.now()) ?? 0;
    if (waitMs > 0)
      throw new LimitReached('rate', Math.ceil(waitMs / 1000), `more than ${perSecond} requests per second`);
    if (concurrent > 0 && client.open >= concurrent)
      throw new LimitReached('concurrency', 1, `${concurrent} requests of this client are under way already`);
    if (isStream && streams > 0 && client.streams >= streams)
      throw new LimitReached('streams', 5, `${streams} streams of this client are open already`);
    client.open++;
    if (isStream) client.streams++;
    let over = false;
    return () => {
      if (over) return;
      over = true;
      client.open--;
      if (isStream) client.streams--;
    };
  }

  #clientOf(key: string): Client {
    const known = this.#clients.get(key);
    if (known !== undefined) return known;
    if (this.#clients.size >= this.#sweepAt) this.#forgetIdle();
    const { perSecond, burst } = this.options;
    const bucket = perSecond > 0 ? new TokenBucket(perSecond, Math.max(1, burst), this.now()) : undefined;
    const client = { bucket, open: 0, streams: 0 };
    this.#clients.set(key, client);
    return client;
  }

  #forgetIdle(): void {
    const nowMs = this.now();
    for (const [key, { open, bucket }] of this.#clients)
      if (open === 0 && bucket?.isFull(nowMs) !== false) this.#clients.delete(key);
    this.#sweepAt = Math.max(MANY_CLIENTS, this.#clients.size * 2);
  }
}

/** One client per IPv4 address and per IPv6 network of a subscriber (/64): such a network has 2^64 addresses. */
export function clientAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...after];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
