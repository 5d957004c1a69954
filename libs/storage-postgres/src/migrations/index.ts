import { TraceFiles1763683200000 } from './1763683200000-trace-files.js';

/** In the order they run; a migration that was released never changes. */
export const MIGRATIONS = [TraceFiles1763683200000] as const;
