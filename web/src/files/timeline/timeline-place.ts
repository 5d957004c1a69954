import type { Area, SliceRef, TimeBounds } from '../../lanes/index.js';
import { epochUs, offsetUs } from '../../lanes/index.js';

/** The part of a timeline's state that its link carries, beside `from` and `to`: times as epoch µs. */
export interface TimelinePlace {
  readonly slice: SliceRef | undefined;
  readonly area: Area | undefined;
  readonly folded: readonly string[];
  readonly pinned: readonly string[];
  readonly search: string;
}

const NUMBER = /^-?\d{1,19}$/;

export function placeOf(query: URLSearchParams, bounds: TimeBounds): TimelinePlace {
  return {
    slice: sliceOf(query.get('sel'), bounds),
    area: areaOf(query.get('area'), bounds),
    folded: query.getAll('fold'),
    pinned: query.getAll('pin'),
    search: query.get('find') ?? '',
  };
}

/** `pid:tid,start,duration,name`; the name last because it may contain anything. */
export function sliceText({ lane, startUs, durUs, name }: SliceRef, bounds: TimeBounds): string {
  const fraction = startUs - Math.floor(startUs);
  const start = `${epochUs(startUs, bounds)}${fraction === 0 ? '' : String(fraction).slice(1)}`;
  return [lane, start, durUs, name].join(',');
}

function sliceOf(text: string | null, bounds: TimeBounds): SliceRef | undefined {
  const [, lane, start, fraction, dur, name] = /^([^,]*),(-?\d{1,19})(\.\d+)?,([^,]*),(.*)$/s.exec(text ?? '') ?? [];
  if (lane === undefined || start === undefined || !Number.isFinite(Number(dur))) return undefined;
  const startUs = offsetUs(BigInt(start), bounds) + Number(fraction ?? 0);
  return { lane, startUs, durUs: Number(dur), name: name ?? '' };
}

/** `from,to,lanes` with `~` between the lanes. */
export function areaText({ fromUs, toUs, lanes }: Area, bounds: TimeBounds): string {
  return [epochUs(fromUs, bounds), epochUs(toUs, bounds), lanes.join('~')].join(',');
}

function areaOf(text: string | null, bounds: TimeBounds): Area | undefined {
  const [from = '', to = '', lanes = ''] = (text ?? '').split(',');
  if (!NUMBER.test(from) || !NUMBER.test(to)) return undefined;
  const [fromUs, toUs] = [offsetUs(BigInt(from), bounds), offsetUs(BigInt(to), bounds)];
  const list = lanes.split('~').filter((lane) => lane !== '');
  return fromUs < toUs && list.length > 0 ? { fromUs, toUs, lanes: list } : undefined;
}
