import type { RawEvent } from '../raw-event.js';

/** Bits of `common_flags`, byte 2 of every record. */
const HARD_IRQ = 0x08;
const SOFT_IRQ = 0x10;
const BOTTOM_HALVES_OFF = 0x80;
const FLAGS_OFFSET = 2;

/**
 * Whether an interrupt recorded the event. The thread it carries is then the one that happened to be interrupted and
 * has nothing to do with what the event says.
 */
export function inInterrupt(event: RawEvent): boolean {
  return (flagsOf(event) & (HARD_IRQ | SOFT_IRQ)) !== 0;
}

/** The same for packets, which a kernel thread may handle as well, with softirqs switched off (since Linux 6.3). */
export function inPacketHandling(event: RawEvent): boolean {
  return (flagsOf(event) & (HARD_IRQ | SOFT_IRQ | BOTTOM_HALVES_OFF)) !== 0;
}

function flagsOf(event: RawEvent): number {
  return event.page[event.offset + FLAGS_OFFSET] ?? 0;
}
