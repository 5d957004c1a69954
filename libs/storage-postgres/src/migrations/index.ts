import { Spans1763683200000 } from './1763683200000-spans.js';
import { DmEvents1763690400000 } from './1763690400000-dm-events.js';
import { AtsNames1763694000000 } from './1763694000000-ats-names.js';
import { SpanLocalAddress1763697600000 } from './1763697600000-span-local-address.js';
import { Runs1763701200000 } from './1763701200000-runs.js';
import { DmAppend1763712000000 } from './1763712000000-dm-append.js';

/** In the order they run; a migration that was released never changes. */
export const MIGRATIONS = [
  Spans1763683200000,
  DmEvents1763690400000,
  AtsNames1763694000000,
  SpanLocalAddress1763697600000,
  Runs1763701200000,
  DmAppend1763712000000,
] as const;
