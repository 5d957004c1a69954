import { memo, useCallback, useMemo, useState, type ReactNode } from 'react';
import { Button, Field, VirtualRows } from '../design/index.js';
import { setQuery, useQueryValue } from '../router/index.js';
import { formatCount, formatDurationUs } from '../time/index.js';
import { criticalPath } from './critical-path.js';
import { CriticalTotals } from './critical-totals.js';
import { sectionsByPlace, type SectionsOf } from './critical-sections.js';
import { Folding } from './folding.js';
import { SpanDetails } from './span-details.js';
import { SpanLine } from './span-line.js';
import type { TraceColumns } from './trace-columns.js';
import type { TraceFacts, TraceLoader } from './trace-loader.js';
import { TraceMinimap } from './trace-minimap-view.js';
import { useWaterfallKeys } from './use-waterfall-keys.js';
import { readWindow, ticks, windowText, type ViewWindow } from './view-window.js';
import { matches, type View } from './waterfall-state.js';

interface Props {
  readonly loader: TraceLoader;
  readonly facts: TraceFacts;
  readonly columns: TraceColumns;
}

const ROW_PX = 26;

/** The rows of a trace: minimap, tree and bars, details. Everything that can be set is in the address. */
export function Waterfall({ loader, facts, columns }: Props): ReactNode {
  const view = useView(columns, loader.spanNs);
  const { folding, window, selected, shownPath } = view;
  const path = useMemo(
    () => (shownPath && columns.isComplete ? criticalPath(columns) : undefined),
    [columns, columns.isComplete, shownPath],
  );
  const sections = useMemo(() => (path === undefined ? undefined : sectionsByPlace(path)), [path]);
  useWaterfallKeys(view, columns);
  const inView = useCallback(
    (from: number, to: number) => {
      loader.want(folding.placeOf(from), folding.placeOf(Math.max(from, to - 1)) + 1);
    },
    [loader, folding],
  );
  return (
    <>
      <Tools view={view} columns={columns} />
      {path !== undefined && <CriticalTotals columns={columns} path={path} services={facts.services} />}
      <div className={`waterfall ${selected < 0 && view.span === '' ? '' : 'with-details'}`}>
        <div className="waterfall-rows">
          <TraceMinimap columns={columns} spanNs={loader.spanNs} window={window} onWindow={view.setWindow} />
          <Axis window={window} />
          <VirtualRows
            label="Spans"
            count={folding.shown}
            rowHeight={ROW_PX}
            height="calc(100vh - 330px)"
            reveal={selected < 0 ? undefined : folding.rowOf(selected)}
            onView={inView}
            row={(row) => (
              <Row place={folding.placeOf(row)} columns={columns} facts={facts} view={view} sections={sections} />
            )}
          />
        </div>
        {view.span !== '' && (
          <SpanDetails
            key={view.span}
            traceId={facts.traceId}
            spanId={view.span}
            originNs={columns.originNs}
            columns={columns}
            place={selected}
            onSelect={view.select}
          />
        )}
      </div>
    </>
  );
}

interface RowProps {
  readonly place: number;
  readonly columns: TraceColumns;
  readonly facts: TraceFacts;
  readonly view: View;
  readonly sections: SectionsOf | undefined;
}

/** Scrolling leaves the rows that stay in view as they are: the view is a new object whenever anything changes. */
const Row = memo(function Row({ place, columns, facts, view, sections }: RowProps): ReactNode {
  return (
    <SpanLine
      columns={columns}
      place={place}
      services={facts.services}
      window={view.window}
      folded={view.folding.isFolded(place)}
      selected={place === view.selected}
      found={view.find !== '' && matches(columns, place, view.find)}
      sections={sections?.(place)}
      onFold={view.toggle}
      onSelect={view.select}
    />
  );
});

/** The state of the view, as the address has it. */
function useView(columns: TraceColumns, spanNs: number): View {
  const [span] = useQueryValue('span');
  const [text] = useQueryValue('t');
  const [foldText] = useQueryValue('fold');
  const [depth] = useQueryValue('depth');
  const [find] = useQueryValue('find');
  const [shownPath] = useQueryValue('path');
  const window = useMemo(() => readWindow(text, spanNs), [text, spanNs]);
  const isComplete = columns.isComplete;
  const folding = useMemo(() => foldingOf(columns, foldText, depth), [columns, foldText, depth, isComplete]);
  // The same span can be known before its row is.
  const selected = span === '' ? -1 : columns.placeOfId(span);
  return {
    folding,
    window,
    span,
    selected,
    find,
    shownPath: shownPath === '1',
    spanNs,
    setWindow: (next) => {
      setQuery({ t: windowText(next, spanNs) }, { replace: true });
    },
    select: (place) => {
      if (place !== undefined) folding.reveal(place);
      setQuery(
        { span: place === undefined ? undefined : columns.idOf(place), fold: foldsText(folding, depth) },
        { replace: true },
      );
    },
    toggle: (place) => {
      if (folding.isFolded(place)) folding.unfold(place);
      else folding.fold({ place, descendants: columns.descendants[place] ?? 0 });
      setQuery({ fold: foldsText(folding, depth) }, { replace: true });
    },
    foldTo: (to) => {
      setQuery({ depth: to, fold: undefined }, { replace: true });
    },
  };
}

/** Folds that an address can hold; more are remembered by nobody but this view. */
const MOST_FOLDS = 200;

function foldsText(folding: Folding, depth: string): string {
  const { folds } = folding;
  // Beside a depth a list says what is folded now, an empty one that nothing is.
  if (folds.length > MOST_FOLDS) return '';
  return folds.length === 0 && depth !== '' ? 'none' : folds.join('.');
}

function foldingOf(columns: TraceColumns, text: string, depth: string): Folding {
  const folding = new Folding(columns.total);
  const rowOf = (place: number): { place: number; descendants: number } => ({
    place,
    descendants: columns.descendants[place] ?? 0,
  });
  if (text !== '') folding.fold(...text.split('.').map(Number).filter(Number.isSafeInteger).map(rowOf));
  else if (/^\d+$/.test(depth)) {
    const places: number[] = [];
    for (let place = 0; place < columns.total; place++)
      if (columns.isLoaded(place) && columns.depth[place] === Number(depth)) places.push(place);
    folding.fold(...places.map(rowOf));
  }
  return folding;
}

function Tools({ view, columns }: { readonly view: View; readonly columns: TraceColumns }): ReactNode {
  const [find, setFind] = useState(view.find);
  const count = useMemo(() => {
    let found = 0;
    if (view.find !== '')
      for (let place = 0; place < columns.total; place++) if (matches(columns, place, view.find)) found++;
    return found;
  }, [view.find, columns, columns.loadedRows]);
  const go = (step: 1 | -1, text: string): void => {
    const place = columns.find(view.selected < 0 ? -1 : view.selected, step, (at) => matches(columns, at, text));
    if (text !== '' && place >= 0) view.select(place);
  };
  const part = Math.floor((columns.loadedRows / columns.total) * 100);
  return (
    <div className="row">
      <form
        className="row"
        role="search"
        aria-label="Search in the trace"
        onSubmit={(event) => {
          event.preventDefault();
          setQuery({ find }, { replace: true });
          go(1, find);
        }}
      >
        <Field
          label=""
          aria-label="Service or span name"
          placeholder="service or name"
          value={find}
          onChange={(event) => {
            setFind(event.target.value);
          }}
        />
        <Button small type="submit">
          Find next
        </Button>
        {view.find !== '' && (
          <span className="soft" role="status">
            {formatCount(count)} found
          </span>
        )}
      </form>
      <span className="grow" />
      {!columns.isComplete && (
        <span className="soft" role="status">
          Loading the shape: {part} %
        </span>
      )}
      <Button
        small
        onClick={() => {
          view.foldTo(0);
        }}
        disabled={!columns.isComplete}
      >
        Fold all
      </Button>
      <Button
        small
        onClick={() => {
          view.foldTo(1);
        }}
        disabled={!columns.isComplete}
      >
        Two levels
      </Button>
      <Button
        small
        onClick={() => {
          view.foldTo(undefined);
        }}
      >
        Unfold all
      </Button>
      <Button
        small
        pressed={view.shownPath}
        disabled={!columns.isComplete}
        onClick={() => {
          setQuery({ path: view.shownPath ? undefined : 1 }, { replace: true });
        }}
      >
        Critical path
      </Button>
    </div>
  );
}

function Axis({ window }: { readonly window: ViewWindow }): ReactNode {
  const length = window.toNs - window.fromNs;
  return (
    <div className="span-line axis" aria-hidden="true">
      <span className="span-name soft">Service: span</span>
      <span className="span-track">
        {ticks(window).map((mark) => (
          <span key={mark} className="tick" style={{ left: `${((mark - window.fromNs) / length) * 100}%` }}>
            {formatDurationUs(mark / 1000)}
          </span>
        ))}
      </span>
    </div>
  );
}
