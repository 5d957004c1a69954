import type { ServerResponse } from 'node:http';
import type { Principal } from './principal.js';
import type { Role } from './roles.js';

interface OpenAnswer {
  readonly principal: Principal;
  readonly role: Role;
  cut(reason: string): void;
}

/** What is tried before a stream is ended in the middle of a line. */
const BOUNDARY_WAIT_MS = 2_000;

/**
 * The answers that are under way, so that they can be ended when what let them in holds no more. A live stream is told
 * why; any other answer breaks off, because half of one must not look complete.
 */
export class OpenAnswers {
  readonly #open = new Set<OpenAnswer>();
  #cuts = 0;

  get size(): number {
    return this.#open.size;
  }

  /** How many were ended. */
  get cuts(): number {
    return this.#cuts;
  }

  /** Returns what must be called when the answer is over. */
  add(response: ServerResponse, principal: Principal, role: Role, isStream: boolean): () => void {
    const stream = isStream ? new CuttableStream(response) : undefined;
    const answer: OpenAnswer = {
      principal,
      role,
      cut: (reason) => {
        if (stream?.cut(reason) !== true) response.destroy();
      },
    };
    this.#open.add(answer);
    return () => {
      this.#open.delete(answer);
    };
  }

  /** Ends the answers to those who would not be let in any more. */
  endUnless(holds: (principal: Principal, role: Role) => boolean, reason: string): void {
    for (const answer of this.#open) {
      if (holds(answer.principal, answer.role)) continue;
      this.#open.delete(answer);
      this.#cuts++;
      answer.cut(reason);
    }
  }
}

/** Watches what passes through a response, so that it can be ended between two events. */
class CuttableStream {
  readonly #write: ServerResponse['write'];
  readonly #end: ServerResponse['end'];
  #tail = '';
  #reason: string | undefined;
  #over = false;

  constructor(private readonly response: ServerResponse) {
    this.#write = response.write.bind(response);
    this.#end = response.end.bind(response);
    response.write = ((chunk: unknown, ...more: []) => {
      // Who still writes need not know: the work behind ends when the connection does.
      if (this.#over) return true;
      if (chunk instanceof Uint8Array || typeof chunk === 'string') this.#passed(chunk);
      const taken = this.#write(chunk, ...more);
      if (this.#reason !== undefined && this.#isBetween()) this.#finish();
      return taken;
    }) as ServerResponse['write'];
    response.end = ((...all: []) => {
      if (!this.#over) this.#end(...all);
      return response;
    }) as ServerResponse['end'];
  }

  /** False when there is no stream that could say why it ends. */
  cut(reason: string): boolean {
    if (!this.response.headersSent || this.#format() === undefined) return false;
    this.#reason = reason;
    if (this.#isBetween()) this.#finish();
    else
      setTimeout(() => {
        if (!this.#over) this.response.destroy();
      }, BOUNDARY_WAIT_MS).unref();
    return true;
  }

  #format(): 'sse' | 'ndjson' | undefined {
    const type = String(this.response.getHeader('content-type') ?? '');
    if (type.startsWith('text/event-stream')) return 'sse';
    return type.startsWith('application/x-ndjson') ? 'ndjson' : undefined;
  }

  #passed(chunk: Uint8Array | string): void {
    const end = typeof chunk === 'string' ? chunk.slice(-2) : Buffer.from(chunk.subarray(-2)).toString('latin1');
    this.#tail = (this.#tail + end).slice(-2);
  }

  #isBetween(): boolean {
    return this.#tail === '' || (this.#format() === 'sse' ? this.#tail === '\n\n' : this.#tail.endsWith('\n'));
  }

  #finish(): void {
    this.#over = true;
    const { response } = this;
    this.#end(endingOf(this.#format(), this.#reason ?? ''));
    // A client that takes nothing would keep its stream open.
    setTimeout(() => response.destroy(), BOUNDARY_WAIT_MS).unref();
  }
}

function endingOf(format: 'sse' | 'ndjson' | undefined, reason: string): string {
  if (format === 'sse') return `event: end\ndata: ${JSON.stringify({ reason })}\n\n`;
  const args = { reason };
  return `${JSON.stringify({ name: 'stream ended', cat: 'tracer', ph: 'X', ts: Date.now() * 1000, dur: 0, args })}\n`;
}
