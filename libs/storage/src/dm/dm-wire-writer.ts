import {
  DmEventType,
  type DmArrival,
  type DmBase,
  type DmEvent,
  type DmPosition,
  type DmSyncerState,
} from './dm-event.js';

/**
 * Builds protobuf messages field by field; zero values are left out, as proto3 does.
 */
class Message {
  readonly #parts: Buffer[] = [];

  varint(field: number, value: number | bigint): this {
    if (BigInt(value) === 0n) return this;
    this.#parts.push(varint(BigInt(field << 3)), varint(BigInt.asUintN(64, BigInt(value))));
    return this;
  }

  boolean(field: number, value: boolean): this {
    return this.varint(field, value ? 1 : 0);
  }

  text(field: number, value: Buffer): this {
    return value.length === 0 ? this : this.bytes(field, value);
  }

  /** Written even when empty, as sub-messages and elements of repeated fields are. */
  bytes(field: number, value: Buffer | undefined): this {
    if (value !== undefined) this.#parts.push(varint(BigInt((field << 3) | 2)), varint(BigInt(value.length)), value);
    return this;
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

/** The protobuf bytes of an event, fields in ascending order; the inverse of `decodeDmEvent`. */
export function encodeDmEvent(event: DmEvent): Buffer {
  const message = new Message().bytes(1, encodeBase(event.base));
  if (event.type === DmEventType.binlog)
    return message
      .bytes(2, event.state && encodeState(event.state))
      .varint(3, event.eventType)
      .varint(4, event.opType)
      .finish();
  const { ddlInfo } = event;
  message.varint(2, event.opType).bytes(3, encodePosition(event.pos)).bytes(4, encodePosition(event.currentPos));
  message.text(5, event.sql);
  for (const ddl of event.ddls) message.bytes(6, ddl);
  return message
    .varint(7, event.argsChecksum)
    .bytes(8, ddlInfo && new Message().text(1, ddlInfo.lockId).boolean(2, ddlInfo.exec).finish())
    .text(9, event.queueBucket)
    .varint(10, event.state)
    .finish();
}

/** An upload request of these events: `repeated <event> events = 1`. */
export function encodeDmUpload(events: readonly DmEvent[]): Buffer {
  const message = new Message();
  for (const event of events) message.bytes(1, encodeDmEvent(event));
  return message.finish();
}

/** An event as if it had just come. */
export function dmArrivalOf(event: DmEvent): DmArrival {
  return { event, wire: encodeDmEvent(event) };
}

/** `CommonUploadResponse {result: true}`. */
export const DM_UPLOAD_STORED = new Message().boolean(1, true).finish();

/** `GetTSOResponse {result: true, ts}`. */
export function encodeGetTsoResponse(ts: bigint): Buffer {
  return new Message().boolean(1, true).varint(3, ts).finish();
}

function encodeBase({ filename, line, tso, traceId, groupId, type }: DmBase): Buffer {
  return new Message()
    .text(1, filename)
    .varint(2, line)
    .varint(3, tso)
    .text(4, traceId)
    .text(5, groupId)
    .varint(6, type)
    .finish();
}

function encodePosition(position: DmPosition | undefined): Buffer | undefined {
  return position && new Message().text(1, position.name).varint(2, position.pos).finish();
}

function encodeState({ safeMode, tryReSync, lastPos, currentPos }: DmSyncerState): Buffer {
  return new Message()
    .boolean(1, safeMode)
    .boolean(2, tryReSync)
    .bytes(3, encodePosition(lastPos))
    .bytes(4, encodePosition(currentPos))
    .finish();
}
