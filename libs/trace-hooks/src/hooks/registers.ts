import type { RawEvent } from '../raw-event.js';

/**
 * The low half of a system call argument. Arguments are recorded as whole registers; for a 32-bit type (`int fd`) the
 * upper half is whatever the program left there.
 */
export function lowHalf(event: RawEvent, field: string): number {
  return event.page.readUInt32LE(event.offset + event.format.field(field).offset);
}
