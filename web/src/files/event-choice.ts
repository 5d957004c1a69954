import type { QueryValue } from '../api/index.js';
import { chosenBy, keysOf, type FileKey } from './file-keys.js';
import type { FileBounds } from './files-api.js';

/** Which events a view is about, as its place in the page says it. */
export interface EventChoice {
  /** Files and directories; none means all. */
  readonly files: readonly FileKey[];
  readonly cat: string;
  readonly name: string;
  readonly pid: string;
  readonly tid: string;
  readonly durMin: string;
  /** Epoch µs. */
  readonly from: bigint | undefined;
  readonly to: bigint | undefined;
}

const MICROSECONDS = /^-?\d{1,19}$/;

export function choiceOf(query: URLSearchParams): EventChoice {
  const text = (key: string): string => query.get(key) ?? '';
  const moment = (key: string): bigint | undefined => (MICROSECONDS.test(text(key)) ? BigInt(text(key)) : undefined);
  const from = moment('from');
  const to = moment('to');
  const inOrder = from === undefined || to === undefined || from < to;
  return {
    files: keysOf(query),
    cat: text('cat'),
    name: text('name'),
    pid: text('pid'),
    tid: text('tid'),
    durMin: text('dur'),
    from: inOrder ? from : undefined,
    to: inOrder ? to : undefined,
  };
}

/** Conditions as the routes take them, without the time. */
export function conditionsOf({ files, cat, name, pid, tid, durMin }: EventChoice): Record<string, QueryValue> {
  const filters = durMin === '' ? undefined : JSON.stringify([{ field: 'dur', op: '>=', value: Number(durMin) || 0 }]);
  return { file: files, cat, name, pid, tid, filters };
}

/** For routes that take `ts_min` and `ts_max`. */
export function withTimes(choice: EventChoice): Record<string, QueryValue> {
  return { ...conditionsOf(choice), ts_min: choice.from, ts_max: choice.to };
}

/** For routes that take `begin` and `end`. */
export function withWindow(choice: EventChoice, bounds: Bounds): Record<string, QueryValue> {
  const [begin, end] = [choice.from ?? bounds.fromUs, choice.to ?? bounds.toUs];
  return { ...conditionsOf(choice), ts_normalize: 0, begin, end };
}

/** The body of `/api/v1/query`. */
export function queryBody(choice: EventChoice): Record<string, unknown> {
  const { files, cat, name, pid, tid, durMin, from, to } = choice;
  const list = (text: string): string[] => text.split(',').filter((part) => part !== '');
  return {
    ...(files.length > 0 && { files }),
    ...(cat !== '' && { cat: list(cat) }),
    ...(name !== '' && { name: list(name) }),
    ...(pid !== '' && { pid: Number(pid) }),
    ...(tid !== '' && { tid: Number(tid) }),
    ...(durMin !== '' && { dur_min: Number(durMin) || 0 }),
    ...(from !== undefined && { ts_min: Number(from) }),
    ...(to !== undefined && { ts_max: Number(to) }),
  };
}

export interface Bounds {
  readonly fromUs: bigint;
  readonly toUs: bigint;
}

/** Earliest start and latest end of the chosen files; undefined when none has a time yet. */
export function boundsOf(files: readonly FileKey[], known: readonly FileBounds[]): Bounds | undefined {
  const isChosen = chosenBy(files);
  let bounds: Bounds | undefined;
  for (const { path, min_timestamp_us: min, max_timestamp_us: max } of known) {
    if (!isChosen(path) || min === undefined || max === undefined) continue;
    const [fromUs, toUs] = [BigInt(Math.floor(min)), BigInt(Math.ceil(max))];
    bounds = {
      fromUs: bounds === undefined || fromUs < bounds.fromUs ? fromUs : bounds.fromUs,
      toUs: bounds === undefined || toUs > bounds.toUs ? toUs : bounds.toUs,
    };
  }
  return bounds;
}
