import { AsyncLocalStorage } from 'node:async_hooks';
import { appendFileSync, closeSync, openSync } from 'node:fs';
import { reasonOf, TracerError, type Log } from '@tracer/base';

/** What is known about a control action when it is over. */
export interface AuditRecord {
  readonly action: string;
  readonly user: string;
  /** How the user was known: `none`, `token` or `gateway`. */
  readonly by: string;
  /** Address of the client, as far as it is known by whom we trust. */
  readonly from: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly requestId: string;
}

/** Request bodies are written down up to so many bytes. */
const BODY_BYTES = 4_096;
const noted = new AsyncLocalStorage<Record<string, unknown>>();

/** Adds facts to the audit line of the control action in whose course it is called; else it does nothing. */
export function noteForAudit(facts: Readonly<Record<string, unknown>>): void {
  Object.assign(noted.getStore() ?? {}, facts);
}

/** Notes the body of a control request: parsed when it is small JSON, else its beginning. */
export function noteBodyForAudit(body: Buffer): void {
  if (noted.getStore() === undefined || body.length === 0) return;
  const text = body.toString('utf8', 0, BODY_BYTES);
  noteForAudit({ body: body.length > BODY_BYTES ? `${text}…` : jsonOr(text), bodyBytes: body.length });
}

/** Runs a control action; what is noted in its course ends up in `facts`. */
export function underAudit<T>(facts: Record<string, unknown>, action: () => T): T {
  return noted.run(facts, action);
}

/** Where audit lines go: `off`, `log`, `stdout` or a file. */
export class AuditLog {
  readonly #write: (line: object) => void;
  #failures = 0;

  /** Throws CONFIG_INVALID when the file cannot be written. */
  constructor(
    target: string,
    private readonly service: string,
    private readonly log: Log,
  ) {
    this.#write = this.#writerOf(target);
  }

  /** Lines that could not be written. */
  get failures(): number {
    return this.#failures;
  }

  write(record: AuditRecord, facts: Readonly<Record<string, unknown>>): void {
    this.#write({ time: new Date().toISOString(), service: this.service, ...record, ...facts });
  }

  #writerOf(target: string): (line: object) => void {
    if (target === 'off') return () => undefined;
    if (target === 'log')
      return (line) => {
        this.log.info({ audit: line }, 'audit');
      };
    if (target === 'stdout') return (line) => void process.stdout.write(`${JSON.stringify(line)}\n`);
    openForAppending(target);
    return (line) => {
      this.#append(target, line);
    };
  }

  /** Opened for each line: actions are rare, and a file that was rotated away is made anew. */
  #append(path: string, line: object): void {
    try {
      appendFileSync(path, `${JSON.stringify(line)}\n`, { mode: 0o600 });
    } catch (error) {
      this.#failures++;
      this.log.error({ reason: reasonOf(error), audit: line }, 'audit line not written to its file');
    }
  }
}

function openForAppending(path: string): void {
  try {
    closeSync(openSync(path, 'a', 0o600));
  } catch (error) {
    throw new TracerError('CONFIG_INVALID', `TRACER_AUDIT_LOG: ${reasonOf(error)}`, { cause: error });
  }
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
