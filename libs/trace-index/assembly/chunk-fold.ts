// What a chunk says about itself: its classes and lanes, how many rows of each, its extremes, its durations.
import {
  CHUNK,
  CLASS,
  CLASS_COUNTS,
  CLASS_LIST,
  CLASS_LIST_LENGTH,
  CLASS_PLACE,
  CLASS_SEEN,
  DUR,
  DURATIONS,
  DUR_MAX,
  DUR_MIN,
  DUR_SQUARES,
  DUR_SUM,
  END_MAX,
  EVENTS,
  LANE,
  LANE_COUNTS,
  LANE_LIST,
  LANE_LIST_LENGTH,
  LANE_PLACE,
  LANE_SEEN,
  LANE_TOTALS,
  ROWS,
  STATE,
  TS,
  TS_MAX,
  TS_MIN,
} from './column-state';
import { CLASSES, KIND_EVENT } from './dictionary';

/** Durations by the upper bits of the double, as `DurationSketch` counts them; the last one is for negative ones. */
const SKETCH: usize = memory.data(4 * (131072 + 1), 16);
const NEGATIVE: usize = 131072;

export function columns_sketch(): usize {
  return SKETCH;
}

/** Lists the classes and lanes of the chunk, counts them, and takes its extremes. */
export function fold(): void {
  const n = load<u32>(STATE, ROWS);
  const stamp = load<u32>(STATE, CHUNK) + 1;
  const kinds = <usize>load<u32>(CLASSES, 8) + 12;
  const ts = <usize>load<u32>(STATE, TS);
  const dur = <usize>load<u32>(STATE, DUR);
  const classes = <usize>load<u32>(STATE, CLASS);
  const lanes = <usize>load<u32>(STATE, LANE);
  const classPlaces = <usize>load<u32>(STATE, CLASS_PLACE);
  const lanePlaces = <usize>load<u32>(STATE, LANE_PLACE);
  const classCounts = <usize>load<u32>(STATE, CLASS_COUNTS);
  const laneCounts = <usize>load<u32>(STATE, LANE_COUNTS);
  const allTotals = <usize>load<u32>(STATE, LANE_TOTALS);
  let events: u32 = 0;
  let durations: u32 = 0;
  let tsMin: f64 = Infinity;
  let tsMax: f64 = -Infinity;
  let endMax: f64 = -Infinity;
  let durMin: f64 = Infinity;
  let durMax: f64 = -Infinity;
  let sum: f64 = 0;
  store<u32>(STATE, 0, CLASS_LIST_LENGTH);
  store<u32>(STATE, 0, LANE_LIST_LENGTH);
  for (let i: u32 = 0; i < n; i++) {
    const id = load<u32>(classes + ((<usize>i) << 2));
    const lane = load<u32>(lanes + ((<usize>i) << 2));
    store<u32>(classPlaces + ((<usize>i) << 2), placeOf(id, stamp, CLASS_SEEN, CLASS_LIST));
    store<u32>(lanePlaces + ((<usize>i) << 2), placeOf(lane, stamp, LANE_SEEN, LANE_LIST));
    const count = classCounts + ((<usize>id) << 2);
    store<u32>(count, load<u32>(count) + 1);
    if (load<u32>(kinds + ((<usize>id) << 4)) != KIND_EVENT) continue;
    events++;
    const laneCount = laneCounts + ((<usize>lane) << 2);
    const laneTotals = allTotals + <usize>lane * 24;
    if (!load<u32>(laneCount)) {
      store<f64>(laneTotals, 0);
      store<f64>(laneTotals, Infinity, 8);
      store<f64>(laneTotals, -Infinity, 16);
    }
    store<u32>(laneCount, load<u32>(laneCount) + 1);
    const d = load<f64>(dur + ((<usize>i) << 3));
    if (d == d) {
      durations++;
      sum += d;
      store<f64>(laneTotals, load<f64>(laneTotals) + d);
      durMin = min(durMin, d);
      durMax = max(durMax, d);
      const index: usize = d > 0 ? <usize>(reinterpret<u64>(d) >> 46) : d < 0 ? NEGATIVE : 0;
      const bucket = SKETCH + (index << 2);
      store<u32>(bucket, load<u32>(bucket) + 1);
    }
    const t = load<f64>(ts + ((<usize>i) << 3));
    if (t == t) {
      const end = d == d ? t + d : t;
      tsMin = min(tsMin, t);
      tsMax = max(tsMax, t);
      endMax = max(endMax, end);
      store<f64>(laneTotals, min(load<f64>(laneTotals, 8), t), 8);
      store<f64>(laneTotals, max(load<f64>(laneTotals, 16), end), 16);
    }
  }
  store<u32>(STATE, events, EVENTS);
  store<u32>(STATE, durations, DURATIONS);
  store<f64>(STATE, tsMin, TS_MIN);
  store<f64>(STATE, tsMax, TS_MAX);
  store<f64>(STATE, endMax, END_MAX);
  store<f64>(STATE, durMin, DUR_MIN);
  store<f64>(STATE, durMax, DUR_MAX);
  store<f64>(STATE, sum, DUR_SUM);
  store<f64>(STATE, durations ? squaresFrom(sum / <f64>durations, n, kinds) : 0, DUR_SQUARES);
}

function squaresFrom(mean: f64, n: u32, kinds: usize): f64 {
  const dur = <usize>load<u32>(STATE, DUR);
  const classes = <usize>load<u32>(STATE, CLASS);
  let squares: f64 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const id = load<u32>(classes + ((<usize>i) << 2));
    const d = load<f64>(dur + ((<usize>i) << 3));
    if (d == d && load<u32>(kinds + ((<usize>id) << 4)) == KIND_EVENT) squares += (d - mean) * (d - mean);
  }
  return squares;
}

/** The place of an id in the chunk's list, where it is appended when it is new. */
function placeOf(id: u32, stamp: u32, seenField: usize, listField: usize): u32 {
  const seen = <usize>load<u32>(STATE + seenField) + ((<usize>id) << 3);
  if (load<u32>(seen) == stamp) return load<u32>(seen, 4);
  const lengthField = listField + 8;
  const place = load<u32>(STATE + lengthField);
  store<u32>(<usize>load<u32>(STATE + listField) + ((<usize>place) << 2), id);
  store<u32>(STATE + lengthField, place + 1);
  store<u32>(seen, stamp);
  store<u32>(seen, place, 4);
  return place;
}
