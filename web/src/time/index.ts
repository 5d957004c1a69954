export {
  formatBytes,
  formatCount,
  formatCounted,
  formatDurationUs,
  formatRelativeUs,
  formatShort,
  formatTimeUs,
  type TimeZoneMode,
} from './format.js';
export { setTimeZone, useTimeZone } from './time-settings.js';
export { TimeText } from './time-text.js';
