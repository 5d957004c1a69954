// How a line is stored.
import { argSize, returnedValue } from './args';
import { CLASS, DUR, ITEM_SIZE, LANE, RETURNED, STATE, TS } from './scan-state';

export function storeRow(row: u32, ts: f64, dur: f64, classId: u32, lane: u32): void {
  store<f64>(<usize>load<u32>(STATE, TS) + ((<usize>row) << 3), ts);
  store<f64>(<usize>load<u32>(STATE, DUR) + ((<usize>row) << 3), dur);
  store<u32>(<usize>load<u32>(STATE, CLASS) + ((<usize>row) << 2), classId);
  store<u32>(<usize>load<u32>(STATE, LANE) + ((<usize>row) << 2), lane);
  store<f64>(<usize>load<u32>(STATE, RETURNED) + ((<usize>row) << 3), returnedValue());
  store<f64>(<usize>load<u32>(STATE, ITEM_SIZE) + ((<usize>row) << 3), argSize);
}
