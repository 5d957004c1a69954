import { VERSION } from '@tracer/service-kit';
import type { DmEventPages, DmEventStore, StoredDmEvent } from '@tracer/storage';
import type { GoForm } from '../go/go-form.js';
import { GoJson } from '../go/go-json.js';
import { parseGoInt } from '../go/parse-int.js';
import { failureAnswer, jsonAnswer, type DmAnswer } from './dm-answer.js';
import { writeDmEvent } from './dm-event-json.js';

const DEFAULT_LIMIT = 10n;
const PIECE_BYTES = 64 << 10;
const MOST = BigInt(Number.MAX_SAFE_INTEGER);

/** The published routes: `/status` and `/events/*`. */
export class DmPublished {
  constructor(private readonly store: DmEventStore) {}

  status(): DmAnswer {
    const json = new GoJson().begin('object');
    json.key('version').text(Buffer.from(VERSION));
    // What the published tracer says when it was built without one.
    json.key('git_hash').text(Buffer.from('None'));
    return jsonAnswer(json.end().take());
  }

  /** All events of the trace `trace_id`. */
  async query(form: GoForm): Promise<DmAnswer> {
    const traceId = form.bytes('trace_id');
    if (traceId.length === 0) return failureAnswer('noTraceId', 'trace id not provided');
    const pages = this.store.trace(traceId)[Symbol.asyncIterator]();
    const first = await pages.next();
    if (first.done === true) return failureAnswer('notFound', 'trace event ', traceId, ' not found');
    return jsonAnswer(listed(resumed(first.value, pages)));
  }

  /**
   * The traces `offset` … `offset + limit - 1`, each a list of its events. Where the published tracer dies or stalls
   * (negative numbers, huge limits), or answers twice (numbers that are none), this one answers 400 once.
   */
  async scan(form: GoForm): Promise<DmAnswer> {
    const offset = numberIn(form, 'offset', 0n);
    if (typeof offset !== 'bigint') return offset;
    const limit = numberIn(form, 'limit', DEFAULT_LIMIT);
    if (typeof limit !== 'bigint') return limit;
    // Compared with the number of traces before anything else, a negative limit included.
    const { traces, pages } = await this.store.scan(atMost(offset), offset < 0n ? 0 : atMost(limit));
    if (offset > BigInt(traces)) return failureAnswer('notFound', `offset: ${offset}, limit: ${limit} not found`);
    if (limit < 0n) return notValid('limit', form.bytes('limit'));
    if (offset < 0n && limit > 0n) return notValid('offset', form.bytes('offset'));
    return jsonAnswer(grouped(pages));
  }

  async delete(form: GoForm): Promise<DmAnswer> {
    const traceId = form.bytes('trace_id');
    if (traceId.length === 0) return failureAnswer('noTraceId', 'trace id not provided');
    const json = new GoJson()
      .begin('object')
      .key('result')
      .boolean(await this.store.delete(traceId));
    return jsonAnswer(json.key('trace_id').text(traceId).end().take());
  }

  async truncate(): Promise<DmAnswer> {
    await this.store.truncate();
    return jsonAnswer(new GoJson().begin('object').key('result').boolean(true).end().take());
  }

  /** Deleting and truncating by any method but POST, whatever the parameters. */
  postOnly(): DmAnswer {
    return failureAnswer('postOnly', 'post method only');
  }
}

function numberIn(form: GoForm, name: string, fallback: bigint): bigint | DmAnswer {
  const given = form.bytes(name);
  if (given.length === 0) return fallback;
  return parseGoInt(given.toString('latin1')) ?? notValid(name, given);
}

function notValid(name: string, given: Buffer): DmAnswer {
  return failureAnswer('notValid', `param ${name} value `, given, ' not valid');
}

function atMost(value: bigint): number {
  return Number(value > MOST ? MOST : value < 0n ? 0n : value);
}

async function* resumed<T>(first: T, rest: AsyncIterator<T>): AsyncIterable<T> {
  yield first;
  yield* { [Symbol.asyncIterator]: () => rest };
}

/** A JSON array of events, in pieces. */
async function* listed(pages: DmEventPages): AsyncIterable<Buffer> {
  const json = new GoJson().begin('array');
  for await (const { event } of eachOf(pages)) {
    json.item();
    writeDmEvent(json, event);
    if (json.sizeBytes >= PIECE_BYTES) yield json.take();
  }
  yield json.end().take();
}

/** A JSON array with an array of events for each trace, in pieces. */
async function* grouped(pages: DmEventPages): AsyncIterable<Buffer> {
  const json = new GoJson().begin('array');
  let open: number | undefined;
  for await (const { event, trace } of eachOf(pages)) {
    if (trace !== open) {
      if (open !== undefined) json.end();
      json.item().begin('array');
      open = trace;
    }
    json.item();
    writeDmEvent(json, event);
    if (json.sizeBytes >= PIECE_BYTES) yield json.take();
  }
  if (open !== undefined) json.end();
  yield json.end().take();
}

async function* eachOf(pages: DmEventPages): AsyncIterable<StoredDmEvent> {
  for await (const page of pages) yield* page;
}
