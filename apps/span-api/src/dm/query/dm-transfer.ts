import type { Readable } from 'node:stream';
import { reasonOf, TracerError } from '@tracer/base';
import {
  decodeDmEvent,
  DmEventType,
  encodeDmEvent,
  type DmArrival,
  type DmEventFilter,
  type DmEventStore,
} from '@tracer/storage';
import type { DmIngest } from '../dm-ingest.js';
import { dmEventDto } from './dm-event-dto.js';

const PAGE_EVENTS = 1_000;
/** Events stored at a time; what came before a broken line is stored. */
const BATCH_EVENTS = 1_000;
const BATCH_BYTES = 4 << 20;
/** An event has at most 4 MiB, a third more in base64, and its readable form beside it. */
const LINE_BYTES = 32 << 20;
const NEW_LINE = 10;

/**
 * Events as lines of JSON, and back. A line has the event in readable form, for other programs, and its protobuf bytes in
 * base64, which alone count when it is read again: the readable form cannot hold texts that are not UTF-8.
 */
export class DmTransfer {
  constructor(
    private readonly store: DmEventStore,
    private readonly ingest: DmIngest,
  ) {}

  /** Lines of the events that match, in the order of arrival, up to the newest at the beginning. */
  async *export(filter: DmEventFilter): AsyncGenerator<Buffer> {
    const { lastSeq } = await this.store.totals();
    for (let seq = 0; seq < lastSeq;) {
      const { events, upTo } = await this.store.tail(seq, filter, PAGE_EVENTS);
      const lines = events
        .filter((stored) => stored.seq <= lastSeq)
        .map((stored) => {
          const wire = encodeDmEvent(stored.event).toString('base64');
          return `${JSON.stringify(Object.assign(dmEventDto(stored), { wire }))}\n`;
        });
      if (lines.length > 0) yield Buffer.from(lines.join(''));
      seq = upTo;
    }
  }

  /**
   * Stores the events of the lines behind those that are there, and resolves with their number. Throws BODY_MALFORMED
   * naming the first line that is none; the lines before it are stored.
   */
  async import(body: Readable): Promise<number> {
    let [stored, lineNumber] = [0, 0];
    let batch: DmArrival[] = [];
    let batchBytes = 0;
    const flush = async (): Promise<void> => {
      await this.ingest.take(batch);
      stored += batch.length;
      [batch, batchBytes] = [[], 0];
    };
    for await (const line of linesOf(body)) {
      lineNumber++;
      if (line.length === 0) continue;
      const arrival = arrivalOf(line);
      if (typeof arrival === 'string') {
        await flush();
        throw new TracerError('BODY_MALFORMED', `line ${lineNumber}: ${arrival}; ${stored} events were stored`);
      }
      batch.push(arrival);
      batchBytes += arrival.wire.length;
      if (batch.length >= BATCH_EVENTS || batchBytes >= BATCH_BYTES) await flush();
    }
    await flush();
    return stored;
  }
}

/** The event of a line, or why it has none. */
function arrivalOf(line: Buffer): DmArrival | string {
  try {
    const parsed: unknown = JSON.parse(line.toString());
    const { type, wire } = Object(parsed) as Record<string, unknown>;
    if (type !== 'binlog' && type !== 'job') return 'type must be "binlog" or "job"';
    if (typeof wire !== 'string') return 'wire must be the event in base64';
    const bytes = Buffer.from(wire, 'base64');
    return { event: decodeDmEvent(DmEventType[type], bytes), wire: bytes };
  } catch (error) {
    return reasonOf(error);
  }
}

/** Lines without their ends; the last one may lack its end. Throws BODY_TOO_LARGE for a line that is too long. */
async function* linesOf(body: Readable): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(NEW_LINE); end >= 0; end = chunk.indexOf(NEW_LINE, from)) {
      yield Buffer.concat([...pieces, chunk.subarray(from, end)]);
      [pieces, sizeBytes, from] = [[], 0, end + 1];
    }
    pieces.push(chunk.subarray(from));
    sizeBytes += chunk.length - from;
    if (sizeBytes > LINE_BYTES) throw new TracerError('BODY_TOO_LARGE', `a line has more than ${LINE_BYTES} bytes`);
  }
  if (sizeBytes > 0) yield Buffer.concat(pieces);
}
