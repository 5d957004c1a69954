/** Bytes of lines on their way to the main thread at most; what comes beyond is left out and counted. */
export const MAX_TAIL_BYTES = 4 << 20;

/**
 * Lets the lines of one run pass to someone who watches, as long as he keeps up. The watcher never slows the capture:
 * lines that find the gate closed are left out, and the next that pass are led by a line saying how many.
 */
export class TailGate {
  #onTheWayBytes = 0;
  #skipped = 0;

  constructor(private readonly pass: (lines: Uint8Array<ArrayBuffer>) => void) {}

  /** @param bytes whole lines, good only during the call */
  offer(bytes: Uint8Array, lines: number): void {
    if (this.#onTheWayBytes + bytes.length > MAX_TAIL_BYTES) {
      this.#skipped += lines;
      return;
    }
    const notice = this.#skipped === 0 ? '' : noticeOf(this.#skipped);
    const copy = new Uint8Array(notice.length + bytes.length);
    Buffer.from(copy.buffer).write(notice, 'latin1');
    copy.set(bytes, notice.length);
    this.#skipped = 0;
    this.#onTheWayBytes += copy.length;
    this.pass(copy);
  }

  /** The watcher has taken that many bytes. */
  taken(bytes: number): void {
    this.#onTheWayBytes -= bytes;
  }
}

function noticeOf(count: number): string {
  const ts = Date.now() * 1000;
  const line = { id: 0, name: 'tail skipped', cat: 'tracer', pid: 0, tid: 0, ts, dur: 0, ph: 'X', args: { count } };
  return `${JSON.stringify(line)}\n`;
}
