import type { IncomingHttpHeaders } from 'node:http';
import type { NodeReply } from '../nodes/fan-out.js';

/** A JSON object as parsed; its keys are data. */
export type JsonMap = Readonly<Record<string, unknown>>;

/**
 * What one node's reply means:
 * - `value`: it did what was asked,
 * - `elsewhere`: it works, but what was asked for is not on this node (no such session, no matching container),
 * - `refusal`: it says that the request is wrong or that it failed,
 * - `silence`: there is no usable answer.
 */
export type NodeResult = { readonly node: string } & (
  | { readonly kind: 'value'; readonly value: JsonMap }
  | { readonly kind: 'elsewhere' | 'refusal'; readonly refusal: Refusal }
  | { readonly kind: 'silence'; readonly reason: string }
);

export interface Refusal {
  readonly status: number;
  /** Error code, when the node sent one. */
  readonly code?: string;
  readonly message: string;
}

/** Deeper nesting than any answer has; serialising a hostile one would exhaust the stack. */
const MAX_DEPTH = 64;
const MAX_MESSAGE = 2_000;
const NOT_ACCEPTED = 'the node does not accept the token of this gateway (TRACER_NODE_TOKEN)';

export function readReply({ node, answer, silence }: NodeReply): NodeResult {
  if (answer === undefined) return { node, kind: 'silence', reason: silence };
  const { status } = answer;
  const text = answer.body.toString();
  if (status >= 200 && status < 300) {
    const value = mapOf(text);
    if (value === undefined) return { node, kind: 'silence', reason: 'the answer is not a JSON object' };
    return { node, kind: 'value', value };
  }
  // That is between the gateway and the node: the client's own token was accepted.
  if (status === 401) return { node, kind: 'silence', reason: NOT_ACCEPTED };
  const refusal = { ...refusalOf(status, text), ...codeIn(answer.headers) };
  return { node, kind: isElsewhere(refusal, text) ? 'elsewhere' : 'refusal', refusal };
}

/**
 * The object in a successful answer; undefined when there is none. Published agents say "nothing" as the JSON string
 * `"{}"`, and a string of theirs never carries a result.
 */
function mapOf(text: string): JsonMap | undefined {
  const value = text.trim() === '' ? {} : parse(text);
  if (typeof value === 'string') return {};
  return isMap(value) && isShallow(value) ? value : undefined;
}

function isShallow(root: object): boolean {
  let level: object[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return false;
    level = level.flatMap((container) =>
      Object.values(container).filter((item): item is object => typeof item === 'object' && item !== null),
    );
  }
  return true;
}

/** Our services name the code of every failure, whatever its body. */
function codeIn({ 'x-tracer-error': code }: IncomingHttpHeaders): { code?: string } {
  return typeof code === 'string' ? { code } : {};
}

/** Ours: `{code, message}`; published agents': the text as a JSON string, or two documents in a row. */
function refusalOf(status: number, text: string): Refusal {
  const body = parse(text.replace(/"\{\}"$/, ''));
  if (typeof body === 'string') return { status, message: body.slice(0, MAX_MESSAGE) };
  if (isMap(body) && typeof body['message'] === 'string') {
    const { code, message } = body;
    return { status, ...(typeof code === 'string' ? { code } : {}), message: message.slice(0, MAX_MESSAGE) };
  }
  const shown = text.trim().slice(0, MAX_MESSAGE);
  return { status, message: shown === '' || shown === '{}' ? `status ${status}` : shown };
}

/**
 * Published agents have no codes: a session is unknown by the text, and an empty object with 404 says that no container
 * matched. Ours word an unknown session alike, because a reader of that route gets the status of a wrong id.
 */
function isElsewhere({ status, code, message }: Refusal, text: string): boolean {
  if (code === 'SESSION_NOT_FOUND' || code === 'CONTAINER_NOT_MATCHED') return true;
  return /^no session with id/i.test(message) || (status === 404 && text.trim() === '{}');
}

export function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
