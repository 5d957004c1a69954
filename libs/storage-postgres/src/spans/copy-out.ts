import { reasonOf } from '@tracer/base';
import pg, { type PoolClient } from 'pg';

/** `PGCOPY…`, flags and the length of an extension that nobody uses yet. */
const HEAD_BYTES = 19;
const TRAILER = -1;

/** The fields of a row of binary COPY, to be read in their order. */
export class CopyFields {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  /** False when the message is the trailer. */
  start(message: Buffer, from: number): boolean {
    this.#bytes = message;
    this.#at = from + 2;
    return message.readInt16BE(from) !== TRAILER;
  }

  /** Halves of a bigint, `null` ones as 0: `high()` first, then `low()`. */
  high(): number {
    const isNull = this.#length() < 0;
    const high = isNull ? 0 : this.#bytes.readInt32BE(this.#at);
    this.#low = isNull ? 0 : this.#bytes.readInt32BE(this.#at + 4);
    if (!isNull) this.#at += 8;
    return high;
  }

  low(): number {
    return this.#low;
  }
  #low = 0;

  /** NaN for NULL. */
  safeInt64(): number {
    if (this.#length() < 0) return NaN;
    const [high, low] = [this.#bytes.readInt32BE(this.#at), this.#bytes.readUInt32BE(this.#at + 4)];
    this.#at += 8;
    return high * 0x1_0000_0000 + low;
  }

  int16(): number {
    if (this.#length() < 0) return 0;
    this.#at += 2;
    return this.#bytes.readInt16BE(this.#at - 2);
  }

  /** The bytes of a text, a character each: enough to tell texts apart. Undefined for NULL. */
  rawText(): string | undefined {
    const length = this.#length();
    if (length < 0) return undefined;
    this.#at += length;
    return this.#bytes.toString('latin1', this.#at - length, this.#at);
  }

  #length(): number {
    this.#at += 4;
    return this.#bytes.readInt32BE(this.#at - 4);
  }
}

/**
 * Runs `COPY … TO STDOUT (FORMAT binary)` and gives each row to `onRow` as it comes; the server sends a message a row.
 * Several times cheaper than rows of a query, which become objects of strings.
 */
export function copyOut(client: PoolClient, sql: string, onRow: (fields: CopyFields) => void): Promise<void> {
  const fields = new CopyFields();
  let headSeen = false;
  let failure: Error | undefined;
  const take = (message: Buffer): void => {
    const from = headSeen ? 0 : HEAD_BYTES;
    headSeen = true;
    if (message.length > from && fields.start(message, from)) onRow(fields);
  };
  return new Promise((resolve, reject) => {
    const query = new pg.Query(sql, (error: Error | null | undefined) => {
      const reason = error ?? failure;
      if (reason === undefined) resolve();
      else reject(reason);
    });
    Object.assign(query, {
      handleCopyData({ chunk }: { chunk: Buffer }): void {
        try {
          if (failure === undefined) take(chunk);
        } catch (error) {
          // Not into the driver's parser, which would lose its place.
          failure = error instanceof Error ? error : new Error(reasonOf(error));
        }
      },
    });
    client.query(query);
  });
}
