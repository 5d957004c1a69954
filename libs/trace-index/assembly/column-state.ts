// The chunk at hand: where its columns are, what was folded out of them. One record for the host and for the modules that
// pack and unpack segments.

// Host-visible, see src/kernels/chunk-columns.ts.
export const ROWS: usize = 0;
export const TS: usize = 4; // f64 columns
export const DUR: usize = 8;
export const CLASS: usize = 12; // u32 columns: ids of the file's dictionaries
export const LANE: usize = 16;
export const CLASS_PLACE: usize = 20; // u32 columns: places in the chunk's own list
export const LANE_PLACE: usize = 24;
export const CLASS_LIST: usize = 28; // the chunk's lists
export const LANE_LIST: usize = 32;
export const CLASS_LIST_LENGTH: usize = 36;
export const LANE_LIST_LENGTH: usize = 40;
export const WORK_A: usize = 44; // u32 columns for numbers on their way
export const WORK_B: usize = 48;
export const CLASS_SEEN: usize = 52; // by id: chunk + 1, place
export const LANE_SEEN: usize = 56;
export const CLASS_COUNTS: usize = 60; // by id: rows
export const LANE_COUNTS: usize = 64; // by id: events
export const LANE_ENDS: usize = 68; // f64 by place
export const CHUNK: usize = 72;
export const EVENTS: usize = 76;
export const DURATIONS: usize = 80;
export const TS_MIN: usize = 88; // f64 from here on; over events only
export const TS_MAX: usize = 96;
export const END_MAX: usize = 104;
export const DUR_MIN: usize = 112;
export const DUR_MAX: usize = 120;
export const DUR_SUM: usize = 128;
export const DUR_SQUARES: usize = 136; // of the distances from the chunk's mean
export const RETURNED: usize = 144; // f64 columns: what a call returned, and the size of an item
export const ITEM_SIZE: usize = 148;
export const MOVES: usize = 152; // u32 by class id: 0 = moves no data, 1 = its return value is bytes, 2 = items
export const TRANSFER: usize = 156; // f64 column: bytes moved, NaN = none
export const TRANSFER_LIST: usize = 160; // u32 column: distinct byte counts
export const MOVES_LENGTH: usize = 164;
export const LANE_TOTALS: usize = 168; // by id: sum of durations, smallest ts, largest ts + dur, all f64
export const STATE: usize = memory.data(192, 16);
