/** Spans of a trace may begin this long before its root, by clock skew, and still be looked at. */
export const SKEW_US = 3_600_000_000;

/** Spans that begin later than this after their trace are not looked at when traces are searched or linked. */
export const LONGEST_TRACE_US = 86_400_000_000;
