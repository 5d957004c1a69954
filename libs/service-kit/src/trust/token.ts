import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

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
  return createHash('sha256').update(token, 'utf8').digest();
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
 * The entry with this digest. Looks at every entry and compares every byte, so that the time it takes tells nothing
 * about the entries.
 */
export function findByDigest<T extends { readonly digest: Buffer }>(
  entries: readonly T[],
  digest: Buffer,
): T | undefined {
  let found: T | undefined;
  for (const entry of entries) if (timingSafeEqual(entry.digest, digest)) found = entry;
  return found;
}
