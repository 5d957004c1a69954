import {
  decodeDmEvent,
  dmJobStateOf,
  dmPositionOf,
  type DmArrival,
  type DmEventType,
  type StoredDmEvent,
} from '@tracer/storage';
import { digestOf } from '../digest.js';
import type { CopyRows } from '../spans/copy-rows.js';

/** Columns of an event row, in the order in which `writeDmEventRow` writes them. */
export const DM_COPY_COLUMNS =
  'trace, seq, received_us, tso, type, op_type, job_state, source, group_digest, pos_name, pos, wire';

/** Where an event goes. */
export interface DmPlace {
  readonly trace: bigint;
  readonly seq: bigint;
  readonly source: number | undefined;
}

export function writeDmEventRow(
  rows: CopyRows,
  { event, wire }: DmArrival,
  { trace, seq, source }: DmPlace,
  receivedAtUs: number,
): void {
  const { base, opType, type } = event;
  const position = dmPositionOf(event);
  rows.row(12);
  rows.int64(trace);
  rows.int64(seq);
  rows.int64(BigInt(receivedAtUs));
  rows.int64(base.tso);
  rows.int16(type);
  rows.int32(opType);
  present(rows, dmJobStateOf(event), (state) => {
    rows.int32(state);
  });
  present(rows, source, (id) => {
    rows.int32(id);
  });
  present(rows, base.groupId.length > 0 ? base.groupId : undefined, (groupId) => {
    rows.bytes(digestOf(groupId));
  });
  present(rows, position, ({ name }) => {
    rows.bytes(name);
  });
  present(rows, position, ({ pos }) => {
    rows.int64(BigInt(pos));
  });
  rows.bytes(wire);
}

function present<T>(rows: CopyRows, value: T | undefined, write: (value: T) => void): void {
  if (value === undefined) rows.nothing();
  else write(value);
}

/** What is selected to read an event back. */
export const DM_READ_COLUMNS = 'trace, seq, received_us, type, wire';

export interface DmEventRow {
  readonly trace: string;
  readonly seq: string;
  readonly received_us: string;
  readonly type: DmEventType;
  readonly wire: Buffer;
}

export function readDmEventRow({ trace, seq, received_us, type, wire }: DmEventRow): StoredDmEvent {
  return {
    event: decodeDmEvent(type, wire),
    seq: Number(seq),
    trace: Number(trace),
    receivedAtUs: Number(received_us),
  };
}
