export { colourIndex, paletteOf, sliceText } from './colours.js';
export { LaneView, type Area, type LaneViewState } from './lane-view.js';
export { hostAndProcess, type LaneFact, type LaneGroup, type PlacedRow } from './lane-rows.js';
export { minimapGrip, paintMinimap } from './minimap.js';
export { hasFailed, type EventRecord } from './pack-tile.js';
export { paintAxis } from './paint-axis.js';
export type { Hit, LaneTheme, SliceRef } from './paint-lanes.js';
export type { EventChoice } from './tile-request.js';
export { laneKey } from './tile.js';
export {
  clampView,
  epochUs,
  offsetUs,
  panned,
  spanOf,
  ticksOf,
  usAt,
  wholeView,
  xOf,
  zoomAround,
  type TimeBounds,
  type TimeView,
} from './time-view.js';
export { TileError, WorkerTiles } from './worker-tiles.js';
