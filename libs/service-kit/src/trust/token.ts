import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 256 random bits: nobody guesses them, so a fast hash is enough to keep them secret. */
const TOKEN_BYTES = 32;
/** Shorter secrets are never accepted, so that nobody can store the hash of a password. */
export const SHORTEST_TOKEN = 32;
const LONGEST_TOKEN = 512;

/** A new token: `tr_` and 43 characters of base64url. */
export function newToken(): string {
  return `tr_${randomBytes(TOKEN_BYTES).toString('base64url')}`;
}

/** What is stored instead of a token: SHA-256 of its UTF-8 bytes. */
export function digestOf(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}

/** `sha256:` and 64 hexadecimal digits, as lists of tokens have it. */
export function hashText(digest: Uint8Array): string {
  return `sha256:${Buffer.from(digest).toString('hex')}`;
}

/** Whether a text may be a token at all: printable ASCII without spaces, long enough to be random. */
export function isTokenText(text: string): boolean {
  return text.length >= SHORTEST_TOKEN && text.length <= LONGEST_TOKEN && /^[\x21-\x7e]+$/.test(text);
}

/**
 * Entries by digest. They are looked up under a keyed hash of the digest, with a key that only this object has: how long that
 * takes tells nothing about the digests, however many there are. What is found is compared in constant time.
 */
export class DigestIndex<T extends { readonly digest: Buffer }> {
  readonly #key = randomBytes(32);
  readonly #entries: ReadonlyMap<string, T>;

  constructor(entries: readonly T[]) {
    this.#entries = new Map(entries.map((entry) => [this.#keyed(entry.digest), entry]));
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The first, in the order given. */
  get first(): T | undefined {
    return this.#entries.values().next().value;
  }

  find(digest: Buffer): T | undefined {
    const entry = this.#entries.get(this.#keyed(digest));
    return entry !== undefined && timingSafeEqual(entry.digest, digest) ? entry : undefined;
  }

  #keyed(digest: Buffer): string {
    // Nobody sees the outcome, so a plain hash over key and digest is as good as an HMAC, and ten times as fast.
    return hash('sha256', Buffer.concat([this.#key, digest]), 'base64');
  }
}
