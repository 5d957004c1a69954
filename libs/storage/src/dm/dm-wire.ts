import { TracerError } from '@tracer/base';
import {
  DmEventType,
  type DmArrival,
  type DmBase,
  type DmBinlogEvent,
  type DmDdlInfo,
  type DmEvent,
  type DmJobEvent,
  type DmPosition,
  type DmSyncerState,
} from './dm-event.js';
import { ProtobufReader } from './protobuf-reader.js';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const EMPTY = Buffer.alloc(0);

/**
 * The events of an upload request: `repeated <event> events = 1`, other fields passed over.
 * Throws BODY_MALFORMED when the bytes are no such message, VALIDATION naming the first event that has no base (the
 * published tracer dies of it); in both cases nothing of the request may be stored.
 */
export function decodeDmUpload(type: DmEventType, request: Buffer): DmArrival[] {
  const name = type === DmEventType.binlog ? 'UploadSyncerBinlogEventRequest' : 'UploadSyncerJobEventRequest';
  const arrivals: DmArrival[] = [];
  for (const reader = new ProtobufReader(request); reader.next(name);) {
    if (reader.field !== 1) {
      reader.skip();
      continue;
    }
    const wire = reader.text('Events');
    const event = readEvent(type, wire);
    if (event === undefined)
      throw new TracerError('VALIDATION', `event ${arrivals.length + 1} of the request has no base`);
    arrivals.push({ event, wire });
  }
  return arrivals;
}

/** An event from the bytes it came as. Throws BODY_MALFORMED, or VALIDATION when it has no base. */
export function decodeDmEvent(type: DmEventType, wire: Buffer): DmEvent {
  const event = readEvent(type, wire);
  if (event === undefined) throw new TracerError('VALIDATION', 'the event has no base');
  return event;
}

/** `GetTSORequest.id`. Throws BODY_MALFORMED. */
export function decodeGetTsoRequest(request: Buffer): Buffer {
  let id: Buffer = EMPTY;
  for (const reader = new ProtobufReader(request); reader.next('GetTSORequest');) {
    if (reader.field === 1) id = reader.text('Id');
    else reader.skip();
  }
  return id;
}

function readEvent(type: DmEventType, wire: Buffer): DmEvent | undefined {
  return type === DmEventType.binlog ? readBinlogEvent(wire) : readJobEvent(wire);
}

function readBinlogEvent(wire: Buffer): DmBinlogEvent | undefined {
  const event: Mutable<Omit<DmBinlogEvent, 'base'>> & { base?: DmBase } = {
    type: DmEventType.binlog,
    eventType: 0,
    opType: 0,
  };
  for (const reader = new ProtobufReader(wire); reader.next('SyncerBinlogEvent');) {
    if (reader.field === 1) event.base = readBase(reader.message('Base'), event.base);
    else if (reader.field === 2) event.state = readState(reader.message('State'), event.state);
    else if (reader.field === 3) event.eventType = reader.int32('EventType');
    else if (reader.field === 4) event.opType = reader.int32('OpType');
    else reader.skip();
  }
  return event.base === undefined ? undefined : { ...event, base: event.base };
}

type JobDraft = Mutable<Omit<DmJobEvent, 'base' | 'ddls'>> & { base?: DmBase; ddls: Buffer[] };

const JOB_FIELDS: readonly ((job: JobDraft, reader: ProtobufReader) => void)[] = [
  (_, reader) => {
    reader.skip();
  },
  (job, reader) => (job.base = readBase(reader.message('Base'), job.base)),
  (job, reader) => (job.opType = reader.int32('OpType')),
  (job, reader) => (job.pos = readPosition(reader.message('Pos'), job.pos)),
  (job, reader) => (job.currentPos = readPosition(reader.message('CurrentPos'), job.currentPos)),
  (job, reader) => (job.sql = reader.text('Sql')),
  (job, reader) => job.ddls.push(reader.text('Ddls')),
  (job, reader) => (job.argsChecksum = reader.uint32('ArgsChecksum')),
  (job, reader) => (job.ddlInfo = readDdlInfo(reader.message('DdlInfo'), job.ddlInfo)),
  (job, reader) => (job.queueBucket = reader.text('QueueBucket')),
  (job, reader) => (job.state = reader.int32('State')),
];

function readJobEvent(wire: Buffer): DmJobEvent | undefined {
  const job: JobDraft = {
    type: DmEventType.job,
    opType: 0,
    sql: EMPTY,
    ddls: [],
    argsChecksum: 0,
    queueBucket: EMPTY,
    state: 0,
  };
  for (const reader = new ProtobufReader(wire); reader.next('SyncerJobEvent');)
    (JOB_FIELDS[reader.field] ?? JOB_FIELDS[0])?.(job, reader);
  return job.base === undefined ? undefined : { ...job, base: job.base };
}

// Each of these takes what an earlier occurrence of the same field said: messages given twice are merged.

function readBase(reader: ProtobufReader, earlier: DmBase | undefined): DmBase {
  const base: Mutable<DmBase> = {
    filename: EMPTY,
    line: 0,
    tso: 0n,
    traceId: EMPTY,
    groupId: EMPTY,
    type: 0,
    ...earlier,
  };
  while (reader.next('BaseEvent')) {
    if (reader.field === 1) base.filename = reader.text('Filename');
    else if (reader.field === 2) base.line = reader.int32('Line');
    else if (reader.field === 3) base.tso = reader.int64('Tso');
    else if (reader.field === 4) base.traceId = reader.text('TraceID');
    else if (reader.field === 5) base.groupId = reader.text('GroupID');
    else if (reader.field === 6) base.type = reader.int32('Type');
    else reader.skip();
  }
  return base;
}

function readPosition(reader: ProtobufReader, earlier: DmPosition | undefined): DmPosition {
  const position: Mutable<DmPosition> = { name: EMPTY, pos: 0, ...earlier };
  while (reader.next('MySQLPosition')) {
    if (reader.field === 1) position.name = reader.text('Name');
    else if (reader.field === 2) position.pos = reader.uint32('Pos');
    else reader.skip();
  }
  return position;
}

function readState(reader: ProtobufReader, earlier: DmSyncerState | undefined): DmSyncerState {
  const state: Mutable<DmSyncerState> = { safeMode: false, tryReSync: false, ...earlier };
  while (reader.next('SyncerState')) {
    if (reader.field === 1) state.safeMode = reader.boolean('SafeMode');
    else if (reader.field === 2) state.tryReSync = reader.boolean('TryReSync');
    else if (reader.field === 3) state.lastPos = readPosition(reader.message('LastPos'), state.lastPos);
    else if (reader.field === 4) state.currentPos = readPosition(reader.message('CurrentPos'), state.currentPos);
    else reader.skip();
  }
  return state;
}

function readDdlInfo(reader: ProtobufReader, earlier: DmDdlInfo | undefined): DmDdlInfo {
  const info: Mutable<DmDdlInfo> = { lockId: EMPTY, exec: false, ...earlier };
  while (reader.next('ExecDDLInfo')) {
    if (reader.field === 1) info.lockId = reader.text('LockID');
    else if (reader.field === 2) info.exec = reader.boolean('Exec');
    else reader.skip();
  }
  return info;
}
