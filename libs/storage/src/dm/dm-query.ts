import {
  compareDmPositions,
  dmJobStateOf,
  dmPositionOf,
  dmSourceOf,
  type DmEvent,
  type DmPosition,
  type DmText,
  type DmEventType,
} from './dm-event.js';

/** What an event must be; absent parts match everything. */
export interface DmEventFilter {
  /** Inclusive, in the events' own time (nanoseconds). */
  readonly fromTso?: bigint;
  /** Exclusive. */
  readonly toTso?: bigint;
  readonly source?: string;
  readonly task?: string;
  readonly type?: DmEventType;
  readonly opType?: number;
  /** Jobs only. */
  readonly jobState?: number;
  readonly groupId?: DmText;
  /** Inclusive both; events that do not say where they stand do not match. */
  readonly fromPosition?: DmPosition;
  readonly toPosition?: DmPosition;
  /** Bytes that occur in the statement, or in one of the DDL statements, of a job. */
  readonly sql?: DmText;
}

/** Where a page of a search ended. */
export interface DmCursor {
  readonly tso: bigint;
  readonly seq: number;
}

/** A search, in the order of the events' own time, those of one time in the order in which they came. */
export interface DmEventQuery extends DmEventFilter {
  readonly newestFirst: boolean;
  /** Only events behind this one. */
  readonly after?: DmCursor;
  readonly limit: number;
}

/** The exact rule of a filter; stores may narrow down by other means first. */
export function dmEventMatches(event: DmEvent, filter: DmEventFilter): boolean {
  return (
    isEqual(filter.type, event.type) &&
    isEqual(filter.opType, event.opType) &&
    isEqual(filter.jobState, dmJobStateOf(event)) &&
    isInTime(event.base.tso, filter) &&
    (filter.groupId === undefined || filter.groupId.equals(event.base.groupId)) &&
    isFrom(event.base.traceId, filter) &&
    isInRange(event, filter) &&
    (filter.sql === undefined || hasStatement(event, filter.sql))
  );
}

function isEqual(wanted: number | undefined, value: number | undefined): boolean {
  return wanted === undefined || wanted === value;
}

function isInTime(tso: bigint, { fromTso, toTso }: DmEventFilter): boolean {
  return (fromTso === undefined || tso >= fromTso) && (toTso === undefined || tso < toTso);
}

function isFrom(traceId: DmText, { source, task }: DmEventFilter): boolean {
  if (source === undefined && task === undefined) return true;
  const from = dmSourceOf(traceId);
  if (from === undefined) return false;
  return (source ?? from.source) === from.source && (task ?? from.task) === from.task;
}

function isInRange(event: DmEvent, { fromPosition, toPosition }: DmEventFilter): boolean {
  if (fromPosition === undefined && toPosition === undefined) return true;
  const position = dmPositionOf(event);
  if (position === undefined) return false;
  if (fromPosition !== undefined && compareDmPositions(position, fromPosition) < 0) return false;
  return toPosition === undefined || compareDmPositions(position, toPosition) <= 0;
}

function hasStatement(event: DmEvent, text: DmText): boolean {
  return 'sql' in event && (event.sql.includes(text) || event.ddls.some((ddl) => ddl.includes(text)));
}
