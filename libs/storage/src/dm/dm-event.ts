/**
 * Replication events as DM workers report them (`pb.Tracer`, package pb, proto3). Strings are bytes: the emitter does not
 * promise UTF-8, and trace ids compare as bytes. Enumerations are numbers, unknown ones included. A message that was
 * absent on the wire is absent here; one that was present but empty is present.
 */
export type DmText = Buffer;

/** Which of the two upload methods delivered an event. `base.type` may say something else. */
export const DmEventType = { binlog: 1, job: 2 } as const;
export type DmEventType = (typeof DmEventType)[keyof typeof DmEventType];

/** What a job event says about its job; other numbers are kept as they came. */
export const DmJobState = { init: 0, queued: 1, success: 2, error: 3 } as const;

/** Jobs of this kind are reported as queued and never again. */
export const DM_OP_SKIP = 7;

export interface DmBase {
  readonly filename: DmText;
  /** int32 */
  readonly line: number;
  /** int64: Unix nanoseconds by the clock of the server as the worker guessed it; not monotonic, may be tiny. */
  readonly tso: bigint;
  readonly traceId: DmText;
  readonly groupId: DmText;
  /** int32 */
  readonly type: number;
}

export interface DmPosition {
  /** Name of the binlog file, often in relay style: `mysql-bin|000001.000004`. */
  readonly name: DmText;
  /** uint32 */
  readonly pos: number;
}

export interface DmSyncerState {
  readonly safeMode: boolean;
  readonly tryReSync: boolean;
  readonly lastPos?: DmPosition;
  readonly currentPos?: DmPosition;
}

/** A binlog event that a worker read. */
export interface DmBinlogEvent {
  readonly type: typeof DmEventType.binlog;
  readonly base: DmBase;
  readonly state?: DmSyncerState;
  /** MySQL's type code of the event. */
  readonly eventType: number;
  readonly opType: number;
}

export interface DmDdlInfo {
  readonly lockId: DmText;
  /** Whether this worker executes the statement for all workers of the lock. */
  readonly exec: boolean;
}

/** A statement that a worker put on a queue, or its outcome. */
export interface DmJobEvent {
  readonly type: typeof DmEventType.job;
  readonly base: DmBase;
  readonly opType: number;
  readonly pos?: DmPosition;
  readonly currentPos?: DmPosition;
  readonly sql: DmText;
  readonly ddls: readonly DmText[];
  /** uint32, computed by the worker */
  readonly argsChecksum: number;
  readonly ddlInfo?: DmDdlInfo;
  readonly queueBucket: DmText;
  readonly state: number;
}

export type DmEvent = DmBinlogEvent | DmJobEvent;

/** An event together with the protobuf bytes it came as, which is what stores keep. */
export interface DmArrival {
  readonly event: DmEvent;
  readonly wire: Buffer;
}

export interface StoredDmEvent {
  readonly event: DmEvent;
  /** Position in the order of arrival: 1, 2, …; never used again. */
  readonly seq: number;
  /** Number of the trace (the events of one trace id) in the order of first arrival; never used again. */
  readonly trace: number;
  readonly receivedAtUs: number;
}

/** Longest parts of trace ids, and longest file names of positions, that can be searched for. */
const SEARCHABLE_BYTES = 256;

export interface DmSource {
  /** Name of the worker's upstream, such as `mysql-replica-01`. */
  readonly source: string;
  readonly task: string;
}

/** Takes a trace id of the form `<source>.syncer.<task>.<n>` apart; undefined for any other. */
export function dmSourceOf(traceId: DmText): DmSource | undefined {
  if (traceId.length > 2 * SEARCHABLE_BYTES) return undefined;
  const [, source, task] = /^(.+?)\.syncer\.(.+)\.\d+$/s.exec(traceId.toString()) ?? [];
  if (source === undefined || task === undefined) return undefined;
  // PostgreSQL has no NUL in text.
  return source.includes('\0') || task.includes('\0') ? undefined : { source, task };
}

/** Where in the binlog an event stands; undefined when it does not say. */
export function dmPositionOf(event: DmEvent): DmPosition | undefined {
  const { state } = event;
  const current = event.type === DmEventType.job ? (event.currentPos ?? event.pos) : undefined;
  const position = current ?? (typeof state === 'object' ? (state.currentPos ?? state.lastPos) : undefined);
  return position === undefined || position.name.length > SEARCHABLE_BYTES ? undefined : position;
}

/** The state of a job; undefined for binlog events. */
export function dmJobStateOf(event: DmEvent): number | undefined {
  return event.type === DmEventType.job ? event.state : undefined;
}

/** Order of binlog positions: by file name as bytes, then by offset. */
export function compareDmPositions(a: DmPosition, b: DmPosition): number {
  return a.name.compare(b.name) || a.pos - b.pos;
}
