import type { Folding } from './folding.js';
import type { TraceColumns } from './trace-columns.js';
import type { ViewWindow } from './view-window.js';

/** What is shown of a trace, and how to change it; the address holds all of it. */
export interface View {
  readonly folding: Folding;
  readonly window: ViewWindow;
  /** Length of the trace. */
  readonly spanNs: number;
  readonly setWindow: (window: ViewWindow) => void;
  /** Place of the selected span, -1 while none is, or it has not been loaded. */
  readonly selected: number;
  /** Its id, '' for none. */
  readonly span: string;
  readonly select: (place: number | undefined) => void;
  readonly toggle: (place: number) => void;
  /** Folds all rows of a depth; undefined unfolds all. */
  readonly foldTo: (depth: number | undefined) => void;
  readonly find: string;
  readonly shownPath: boolean;
}

/** Whether the service or the name of a span contains a text, whatever the case. */
export function matches(columns: TraceColumns, place: number, text: string): boolean {
  const wanted = text.toLowerCase();
  return (
    columns.nameOf(place).toLowerCase().includes(wanted) || columns.serviceOf(place).toLowerCase().includes(wanted)
  );
}
