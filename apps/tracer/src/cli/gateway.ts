import { brokenConnection } from './broken-connection.js';
import { CliError, EXIT, usageError } from './exit-codes.js';

const DEADLINE_MS = 30_000;

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** One request, less what all of them share. */
export interface Ask {
  readonly method?: Method;
  readonly query?: Readonly<Record<string, string | number | readonly string[] | undefined>>;
  readonly body?: unknown;
  /** 0 for queries on trace files, which may wait for an index. */
  readonly deadlineMs?: number;
}

/** A refusal of the gateway, or of a service behind it. */
export class GatewayRefusal extends CliError {
  constructor(
    /** `X-Tracer-Error`; undefined when a proxy in between refused. */
    readonly code: string | undefined,
    readonly status: number,
    message: string,
    hints: readonly string[] = [],
  ) {
    super(EXIT.failed, message, hints);
  }
}

/** The one address that all commands speak to. */
export class Gateway {
  /** What answers said about nodes that are missing (`X-Tracer-Warnings`), each once. */
  readonly warnings = new Set<string>();

  constructor(
    /** Without a slash at the end. */
    readonly url: string,
    private readonly token: string | undefined,
    private readonly interrupted: AbortSignal,
  ) {}

  static at(url: string, token: string | undefined, interrupted: AbortSignal): Gateway {
    const complete = /^[a-z][a-z0-9+.-]*:\/\//i.test(url) ? url : `http://${url}`;
    if (!URL.canParse(complete) || !/^https?:$/.test(new URL(complete).protocol))
      throw usageError(`"${url}" is not the address of a gateway; write http://host:port`);
    return new Gateway(complete.replace(/\/+$/, ''), token, interrupted);
  }

  /** The JSON document of an answer. Throws {@link GatewayRefusal}, or a CliError when nobody answers. */
  async json<T>(path: string, ask: Ask = {}): Promise<T> {
    const response = await this.ask(path, ask);
    const text = await response.text().catch((error: unknown) => this.#broken(error));
    try {
      return JSON.parse(text) as T;
    } catch {
      throw new CliError(EXIT.failed, `${this.url} answered ${path} with something that is no JSON`, [
        'Is this the address of a tracer gateway?',
      ]);
    }
  }

  /** The pieces of an answer as they come. Throws like `json`, and when the answer is cut. */
  async *stream(path: string, ask: Ask = {}): AsyncGenerator<Uint8Array> {
    const { body } = await this.ask(path, { deadlineMs: 0, ...ask });
    if (body === null) return;
    try {
      for await (const piece of body) yield piece as Uint8Array;
    } catch (error) {
      if (!this.interrupted.aborted) this.#broken(error);
    }
  }

  /** The answer to one request that was not refused. */
  async ask(path: string, { method = 'GET', query = {}, body, deadlineMs = DEADLINE_MS }: Ask): Promise<Response> {
    const url = new URL(`${this.url}${path}`);
    for (const [name, value] of Object.entries(query))
      for (const one of [value ?? []].flat()) url.searchParams.append(name, String(one));
    const deadline = deadlineMs > 0 ? [AbortSignal.timeout(deadlineMs)] : [];
    const response = await fetch(url, {
      method,
      signal: AbortSignal.any([this.interrupted, ...deadline]),
      headers: {
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((error: unknown) => this.#broken(error));
    this.#noteMissingNodes(response);
    if (!response.ok) throw await this.#refusal(path, response);
    return response;
  }

  #noteMissingNodes({ headers, ok }: Response): void {
    const warnings = headers.get('x-tracer-warnings');
    if (ok && warnings !== null && warnings !== '') this.warnings.add(warnings);
  }

  async #refusal(path: string, response: Response): Promise<GatewayRefusal> {
    const { status, headers } = response;
    const code = headers.get('x-tracer-error') ?? undefined;
    const message = messageIn(await response.text().catch(() => ''));
    if (status === 401 || status === 403)
      return new GatewayRefusal(code, status, message === '' ? `refused with ${status}` : message, [
        this.#tokenHint(status),
      ]);
    const what = message === '' ? `${path} was answered with status ${status}` : message;
    const missing = headers.get('x-tracer-warnings') ?? '';
    return new GatewayRefusal(code, status, code === undefined ? what : `${code}: ${what}`, [
      ...(missing === '' ? [] : [missing]),
      ...this.#whereToLook(code, what),
    ]);
  }

  #tokenHint(status: number): string {
    if (this.token === undefined) return 'This gateway asks for a token: set TRACER_TOKEN, or give --token.';
    return status === 401
      ? 'The token of TRACER_TOKEN or --token is none of this gateway.'
      : 'The token that was given may not do this.';
  }

  /** The command that shows what a refusal is about. */
  #whereToLook(code: string | undefined, message: string): string[] {
    if (code === 'NODES_UNREACHABLE') return ['tracer nodes   shows the agents, and why they do not answer'];
    if (code === 'SESSION_NOT_FOUND' || code === 'SESSION_ID_INVALID') return ['tracer sessions   lists them'];
    return /^Cannot [A-Z]+ \//.test(message) ? [`Is ${this.url} a gateway? It knows no such route.`] : [];
  }

  #broken(error: unknown): never {
    if (this.interrupted.aborted) throw new CliError(EXIT.interrupted, 'interrupted');
    throw brokenConnection(this.url, error);
  }
}

/** Each published API has an error body of its own: a JSON string, `{error}`, `{message}`, `{errorMessage}`, or text. */
export function messageIn(body: string): string {
  try {
    const value = JSON.parse(body) as unknown;
    if (typeof value === 'string') return value;
    if (typeof value !== 'object' || value === null) return body.trim();
    for (const name of ['message', 'error', 'errorMessage']) {
      const text = (value as Record<string, unknown>)[name];
      if (typeof text === 'string') return text;
    }
    return body.trim();
  } catch {
    return body.trim().slice(0, 500);
  }
}
