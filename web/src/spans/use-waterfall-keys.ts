import { setQuery } from '../router/index.js';
import { useShortcuts, type Shortcut } from '../shell/index.js';
import type { TraceColumns } from './trace-columns.js';
import { pan, zoom } from './view-window.js';
import { matches, type View } from './waterfall-state.js';

/** The keys of the waterfall. */
export function useWaterfallKeys(view: View, columns: TraceColumns): void {
  useShortcuts('Trace', [...moves(view), ...jumps(view, columns), ...times(view)]);
}

const shortcut = (keys: readonly string[], label: string, run: () => void): Shortcut => ({ keys, label, run });

function moves(view: View): Shortcut[] {
  const { folding, selected, select, toggle } = view;
  const step = (by: number): void => {
    const row = selected < 0 ? 0 : folding.rowOf(selected) + by;
    if (row >= 0 && row < folding.shown) select(folding.placeOf(row));
  };
  const setFolded = (folded: boolean): void => {
    if (selected >= 0 && folding.isFolded(selected) !== folded) toggle(selected);
  };
  return [
    shortcut(['ArrowDown', 'j'], 'Next span', () => {
      step(1);
    }),
    shortcut(['ArrowUp', 'k'], 'Span before', () => {
      step(-1);
    }),
    shortcut(['ArrowLeft'], 'Fold', () => {
      setFolded(true);
    }),
    shortcut(['ArrowRight'], 'Unfold', () => {
      setFolded(false);
    }),
    shortcut(['Escape'], 'Close the details', () => {
      select(undefined);
    }),
  ];
}

function jumps({ selected, select, find }: View, columns: TraceColumns): Shortcut[] {
  const jump = (by: 1 | -1, wanted: (place: number) => boolean): void => {
    const place = columns.find(selected < 0 ? -1 : selected, by, wanted);
    if (place >= 0) select(place);
  };
  const failed = (place: number): boolean => columns.failed[place] === 1;
  const found = (place: number): boolean => find !== '' && matches(columns, place, find);
  return [
    shortcut(['e'], 'Next failed span', () => {
      jump(1, failed);
    }),
    shortcut(['E'], 'Failed span before', () => {
      jump(-1, failed);
    }),
    shortcut(['n'], 'Next match of the search', () => {
      jump(1, found);
    }),
    shortcut(['N'], 'Match before', () => {
      jump(-1, found);
    }),
  ];
}

function times({ window, setWindow, spanNs, shownPath }: View): Shortcut[] {
  return [
    shortcut(['w', '+'], 'Zoom in', () => {
      setWindow(zoom(window, 0.5, 0.5, spanNs));
    }),
    shortcut(['s', '-'], 'Zoom out', () => {
      setWindow(zoom(window, 2, 0.5, spanNs));
    }),
    shortcut(['a'], 'Earlier', () => {
      setWindow(pan(window, -0.25, spanNs));
    }),
    shortcut(['d'], 'Later', () => {
      setWindow(pan(window, 0.25, spanNs));
    }),
    shortcut(['c'], 'Critical path', () => {
      setQuery({ path: shownPath ? undefined : 1 }, { replace: true });
    }),
  ];
}
