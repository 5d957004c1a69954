import { Spans1763683200000 } from './1763683200000-spans.js';

/** In the order they run; a migration that was released never changes. */
export const MIGRATIONS = [Spans1763683200000] as const;
