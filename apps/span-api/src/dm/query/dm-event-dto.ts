import {
  DM_JOB_STATES,
  DM_OPS,
  type DmEventDto,
  type DmJobDto,
  type DmPositionDto,
  type DmDdlInfoDto,
} from '@tracer/dtos';
import {
  DmEventType,
  dmSourceOf,
  numberedTraceId,
  type DmBinlogEvent,
  type DmDdlInfo,
  type DmJob,
  type DmJobEvent,
  type DmPosition,
  type StoredDmEvent,
} from '@tracer/storage';

/** An event as the query routes show it: what was zero or empty is left out. */
export function dmEventDto({ event, seq, trace, receivedAtUs }: StoredDmEvent): DmEventDto {
  const { base, type, opType } = event;
  return {
    seq,
    trace,
    spanTraceId: numberedTraceId('dm', trace),
    receivedAtUs,
    type: type === DmEventType.binlog ? 'binlog' : 'job',
    tso: String(base.tso),
    traceId: base.traceId.toString(),
    ...dmSourceOf(base.traceId),
    ...texts({ groupId: base.groupId, filename: base.filename }),
    ...(base.line !== 0 && { line: base.line }),
    opType,
    ...opOf(opType),
    ...(event.type === DmEventType.binlog ? binlogPart(event) : jobPart(event)),
  };
}

/** A job as the query routes show it; it is stuck when it was queued before `stuckBeforeUs` and nothing came since. */
export function dmJobDto({ event, outcome, queued, done, latencyNs }: DmJob, stuckBeforeUs: number): DmJobDto {
  return {
    outcome,
    stuck: outcome === 'queued' && queued !== undefined && queued.receivedAtUs < stuckBeforeUs,
    opType: event.opType,
    ...opOf(event.opType),
    ...statements(event),
    ...positioned('currentPosition', event.currentPos),
    ...(queued && { queuedTso: String(queued.event.base.tso) }),
    ...(done && { doneTso: String(done.event.base.tso) }),
    ...(latencyNs !== undefined && { latencyNs: String(latencyNs) }),
  };
}

function binlogPart({ eventType, state }: DmBinlogEvent): Partial<DmEventDto> {
  return {
    eventType,
    ...(state && { safeMode: state.safeMode, tryReSync: state.tryReSync }),
    ...positioned('position', state?.lastPos),
    ...positioned('currentPosition', state?.currentPos),
  };
}

function jobPart(event: DmJobEvent): Partial<DmEventDto> {
  const state = DM_JOB_STATES[event.state];
  return {
    ...positioned('position', event.pos),
    ...positioned('currentPosition', event.currentPos),
    ...statements(event),
    ...(event.argsChecksum !== 0 && { argsChecksum: event.argsChecksum }),
    jobState: event.state,
    ...(state && { state }),
  };
}

function statements({ sql, ddls, ddlInfo, queueBucket }: DmJobEvent): Partial<DmEventDto> {
  return {
    ...texts({ sql, queueBucket }),
    ...(ddls.length > 0 && { ddls: ddls.map(String) }),
    ...(ddlInfo && { ddlInfo: ddlInfoDto(ddlInfo) }),
  };
}

function ddlInfoDto({ lockId, exec }: DmDdlInfo): DmDdlInfoDto {
  return { lockId: lockId.toString(), exec };
}

function positioned<K extends string>(key: K, position: DmPosition | undefined): Partial<Record<K, DmPositionDto>> {
  if (position === undefined) return {};
  return { [key]: { name: position.name.toString(), pos: position.pos } } as Record<K, DmPositionDto>;
}

/** 0 means no operation and has no name. */
function opOf(opType: number): { op?: string } {
  const op = DM_OPS[opType - 1];
  return op === undefined ? {} : { op };
}

function texts<K extends string>(values: Readonly<Record<K, Buffer>>): Partial<Record<K, string>> {
  const filled = Object.entries<Buffer>(values).filter(([, value]) => value.length > 0);
  return Object.fromEntries(filled.map(([key, value]) => [key, value.toString()])) as Partial<Record<K, string>>;
}
