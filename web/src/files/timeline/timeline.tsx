import { useEffect, useMemo, useRef, useState, useSyncExternalStore, type ReactNode, type RefObject } from 'react';
import { useConnection } from '../../api/index.js';
import { Button, ErrorNotice } from '../../design/index.js';
import {
  clampView,
  epochUs,
  offsetUs,
  paintAxis,
  usAt,
  type Area,
  type LaneFact,
  type LaneGroup,
  type LaneTheme,
  type SliceRef,
  type TimeBounds,
  type TimeView,
} from '../../lanes/index.js';
import { setQuery, useRoute } from '../../router/index.js';
import { onThemeChange, useShortcuts } from '../../shell/index.js';
import { formatBytes, formatDurationUs, formatTimeUs, useTimeZone } from '../../time/index.js';
import { conditionsOf, type Bounds, type EventChoice } from '../event-choice.js';
import { AreaPanel } from './area-panel.js';
import { CanvasStrip, sized, type StripSize } from './canvas-strip.js';
import { DetailsPanel } from './details-panel.js';
import { Gutter } from './gutter.js';
import { LaneSession } from './lane-session.js';
import { LaneSurface } from './lane-surface.js';
import { laneThemeOf } from './lane-theme.js';
import { MinimapStrip } from './minimap-strip.js';
import { neighbourOf, windowAsker } from './neighbours.js';
import { areaText, placeOf, sliceText, type TimelinePlace } from './timeline-place.js';
import './timeline.css';

interface TimelineProps {
  readonly choice: EventChoice;
  readonly bounds: Bounds;
  readonly lanes: readonly LaneFact[];
  /** How threads are grouped; host and process when absent. */
  readonly groupOf?: (lane: LaneFact) => LaneGroup;
}

const WRITE_VIEW_AFTER_MS = 300;

/** The timeline of some files. Its whole state is in the query of the place: window, selection, folds, pins, search. */
export function Timeline({ choice, bounds, lanes, groupOf }: TimelineProps): ReactNode {
  const root = useRef<HTMLDivElement>(null);
  const time = useMemo<TimeBounds>(
    () => ({ originUs: bounds.fromUs, lengthUs: Number(bounds.toUs - bounds.fromUs) }),
    [bounds.fromUs, bounds.toUs],
  );
  const conditions = useMemo(() => conditionsOf(choice), [JSON.stringify(conditionsOf(choice))]);
  const [theme, setTheme] = useState<LaneTheme>();
  const [session, setSession] = useState<LaneSession>();
  useEffect(() => {
    const read = (): void => {
      if (root.current !== null) setTheme(laneThemeOf(root.current));
    };
    read();
    return onThemeChange(read);
  }, []);
  const ready = theme !== undefined;
  useEffect(() => {
    if (root.current === null || !ready) return undefined;
    const created = new LaneSession({
      bounds: time,
      facts: lanes,
      conditions,
      groupOf,
      theme: laneThemeOf(root.current),
    });
    setSession(created);
    return () => created.close();
  }, [time, lanes, conditions, groupOf, ready]);
  useEffect(() => {
    if (theme !== undefined) session?.view.setTheme(theme);
  }, [session, theme]);
  return (
    <div ref={root} className="timeline">
      {session !== undefined && theme !== undefined && (
        <OpenTimeline key={session.id} session={session} theme={theme} choice={choice} lanes={lanes} />
      )}
    </div>
  );
}

interface OpenProps {
  readonly session: LaneSession;
  readonly theme: LaneTheme;
  readonly choice: EventChoice;
  readonly lanes: readonly LaneFact[];
}

function OpenTimeline({ session, theme, choice, lanes }: OpenProps): ReactNode {
  const { query } = useRoute();
  const { bounds } = session.view;
  const place = useMemo(() => placeOf(query, bounds), [query, bounds]);
  const [selecting, setSelecting] = useState(false);
  const search = useRef<HTMLInputElement>(null);
  useViewInPlace(session, choice);
  useEffect(() => session.view.setGroups(place.folded, place.pinned), [session, place]);
  useEffect(() => session.view.search(place.search), [session, place.search]);
  useEffect(() => session.view.select(place.slice), [session, place.slice]);
  const actions = useActions(session, choice, place);
  useTimelineKeys(session, actions, place, search);
  return (
    <>
      <Bar session={session} place={place} search={search} selecting={selecting} onSelecting={setSelecting} />
      <MinimapStrip session={session} theme={theme} />
      <div className="tl-body">
        <div className="tl-grid">
          <Corner session={session} />
          <AxisStrip session={session} theme={theme} />
          <Gutter session={session} onFold={actions.fold} onPin={actions.pin} />
          <LaneSurface
            session={session}
            selecting={selecting}
            area={place.area}
            onSlice={actions.select}
            onArea={actions.selectArea}
          />
        </div>
        {place.slice !== undefined && (
          <DetailsPanel
            slice={place.slice}
            bounds={bounds}
            files={choice.files}
            onNeighbour={actions.neighbour}
            onZoom={actions.zoomToSelection}
            onClose={() => actions.select(undefined)}
          />
        )}
        {place.slice === undefined && place.area !== undefined && (
          <AreaPanel
            area={place.area}
            allLanes={new Set(lanes.map(({ pid, tid }) => `${pid}:${tid}`)).size}
            bounds={bounds}
            choice={choice}
            onZoom={actions.zoomToSelection}
            onClose={() => actions.selectArea(undefined)}
          />
        )}
      </div>
    </>
  );
}

interface Actions {
  readonly select: (slice: SliceRef | undefined) => void;
  readonly selectArea: (area: Area | undefined) => void;
  readonly neighbour: (direction: 1 | -1) => void;
  readonly zoomToSelection: () => void;
  readonly fold: (id: string) => void;
  readonly pin: (id: string) => void;
}

const toggled = (list: readonly string[], id: string): string[] =>
  list.includes(id) ? list.filter((other) => other !== id) : [...list, id];

function useActions(session: LaneSession, { files }: EventChoice, place: TimelinePlace): Actions {
  const { bounds } = session.view;
  const looking = useRef<AbortController>(undefined);
  useEffect(() => () => looking.current?.abort(), []);
  const select = (slice: SliceRef | undefined): void =>
    setQuery({ sel: slice && sliceText(slice, bounds), area: undefined }, { replace: slice === undefined });
  return {
    select,
    selectArea: (area) => setQuery({ area: area && areaText(area, bounds), sel: undefined }),
    neighbour: (direction) => {
      const { slice } = place;
      if (slice === undefined) return;
      looking.current?.abort();
      const stop = new AbortController();
      looking.current = stop;
      neighbourOf(slice, direction, bounds, windowAsker(slice, bounds, files, stop.signal)).then(
        (found) => {
          if (found === undefined || stop.signal.aborted) return;
          session.view.reveal(found);
          select(found);
        },
        (error: unknown) => {
          if (!stop.signal.aborted) session.report(error);
        },
      );
    },
    zoomToSelection: () => {
      const { slice, area } = place;
      if (slice !== undefined) session.view.setView(around(slice.startUs, slice.startUs + slice.durUs));
      else if (area !== undefined) session.view.setView(area);
    },
    fold: (id) => setQuery({ fold: toggled(place.folded, id) }, { replace: true }),
    pin: (id) => setQuery({ pin: toggled(place.pinned, id) }, { replace: true }),
  };
}

function around(fromUs: number, toUs: number): TimeView {
  const air = Math.max(1, (toUs - fromUs) * 0.2);
  return { fromUs: fromUs - air, toUs: toUs + air };
}

/** Keeps `from` and `to` of the place and the window of the view the same, whichever changes. */
function useViewInPlace(session: LaneSession, { from, to }: EventChoice): void {
  const written = useRef('');
  const { bounds, view } = { bounds: session.view.bounds, view: session.view };
  const wanted = from === undefined || to === undefined ? '' : `${from}-${to}`;
  useEffect(() => {
    if (wanted === written.current && wanted !== '') return;
    if (wanted === '' || from === undefined || to === undefined) view.showAll();
    else view.setView(clampView({ fromUs: offsetUs(from, bounds), toUs: offsetUs(to, bounds) }, bounds));
    written.current = wanted;
  }, [session, wanted]);
  useEffect(() => {
    let timer: number | undefined;
    const stop = session.onFrame(({ fromUs, toUs }) => {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => {
        const [start, end] = [epochUs(fromUs, bounds), epochUs(Math.ceil(toUs), bounds)];
        const all = fromUs <= 0 && toUs >= bounds.lengthUs;
        const text = all ? '' : `${start}-${end}`;
        if (text === written.current) return;
        written.current = text;
        setQuery(all ? { from: undefined, to: undefined } : { from: start, to: end }, { replace: true });
      }, WRITE_VIEW_AFTER_MS);
    });
    return () => {
      stop();
      window.clearTimeout(timer);
    };
  }, [session]);
}

function useTimelineKeys(
  { view }: LaneSession,
  actions: Actions,
  place: TimelinePlace,
  search: RefObject<HTMLInputElement | null>,
): void {
  const pan = (px: number) => () => view.panPx(px);
  useShortcuts('Timeline', [
    { keys: ['w'], label: 'Zoom in', run: () => view.zoom(0.7) },
    { keys: ['s'], label: 'Zoom out', run: () => view.zoom(1 / 0.7) },
    { keys: ['a', 'ArrowLeft'], label: 'Earlier', run: pan(-120) },
    { keys: ['d', 'ArrowRight'], label: 'Later', run: pan(120) },
    { keys: ['ArrowUp', 'ArrowDown'], label: 'Rows', run: ({ key }) => view.scrollBy(key === 'ArrowUp' ? -60 : 60) },
    { keys: ['0', 'Home'], label: 'Show everything', run: () => view.showAll() },
    { keys: ['f'], label: 'Zoom to the selection', run: actions.zoomToSelection },
    { keys: [']', '.'], label: 'Next of the same name', run: () => actions.neighbour(1) },
    { keys: ['[', ','], label: 'Previous of the same name', run: () => actions.neighbour(-1) },
    { keys: ['/'], label: 'Search', run: () => search.current?.focus() },
    {
      keys: ['Escape'],
      label: 'Close the selection',
      run: () => (place.slice === undefined ? actions.selectArea(undefined) : actions.select(undefined)),
    },
  ]);
}

interface BarProps {
  readonly session: LaneSession;
  readonly place: TimelinePlace;
  readonly search: RefObject<HTMLInputElement | null>;
  readonly selecting: boolean;
  readonly onSelecting: (selecting: boolean) => void;
}

function Bar({ session, place, search, selecting, onSelecting }: BarProps): ReactNode {
  const { view } = session;
  const error = useSyncExternalStore(session.subscribe, session.error);
  const cutTiles = useSyncExternalStore(session.subscribe, () => session.state()?.cutTiles ?? 0);
  const { epoch } = useConnection();
  // The server is back, or a token was given.
  useEffect(() => {
    if (session.error() !== undefined) session.retry();
  }, [session, epoch]);
  return (
    <>
      <div className="tl-bar">
        <input
          ref={search}
          type="search"
          className="input"
          placeholder="Highlight names (/)"
          aria-label="Highlight names"
          value={place.search}
          onChange={(event) => setQuery({ find: event.target.value }, { replace: true })}
          onKeyDown={(event) => {
            if (event.key === 'Escape') event.currentTarget.blur();
          }}
        />
        <Button small title="Zoom in (w)" onClick={() => view.zoom(0.6)}>
          +
        </Button>
        <Button small title="Zoom out (s)" onClick={() => view.zoom(1 / 0.6)}>
          −
        </Button>
        <Button small title="Show everything (0)" onClick={() => view.showAll()}>
          All
        </Button>
        <Button
          small
          pressed={selecting}
          title="Drag to select an area (or hold Shift)"
          onClick={() => onSelecting(!selecting)}
        >
          Select area
        </Button>
        <WindowText session={session} />
        {cutTiles > 0 && (
          <span className="badge" title="So many calls lie in view that only their density is drawn">
            density only: zoom in for calls
          </span>
        )}
      </div>
      {error !== undefined && (
        <ErrorNotice what="Loading a part of the timeline" error={error} onRetry={() => session.retry()} />
      )}
    </>
  );
}

/** Which time is in view; written without rendering, because it changes with every frame. */
function WindowText({ session }: { readonly session: LaneSession }): ReactNode {
  const text = useRef<HTMLSpanElement>(null);
  const zone = useTimeZone();
  useEffect(() => {
    const write = ({ fromUs, toUs }: TimeView): void => {
      if (text.current !== null)
        text.current.textContent = `${formatTimeUs(epochUs(fromUs, session.view.bounds), zone, 6)} · ${formatDurationUs(toUs - fromUs)}`;
    };
    write(session.view.view);
    return session.onFrame(write);
  }, [session, zone]);
  return <span ref={text} className="tl-window" />;
}

function Corner({ session }: { readonly session: LaneSession }): ReactNode {
  const busy = useSyncExternalStore(session.subscribe, () => session.state()?.busy ?? true);
  const bytes = useSyncExternalStore(session.subscribe, () => session.state()?.tileBytes ?? 0);
  const progress = useSyncExternalStore(session.subscribe, () => {
    const { there = 0, wanted = 0 } = session.state()?.progress ?? {};
    return wanted > 1 ? `${there} of ${wanted}` : '…';
  });
  const tiles = useSyncExternalStore(session.subscribe, () => session.state()?.progress.there ?? 0);
  return (
    <div className="tl-corner" title={`${formatBytes(bytes)} of events are kept`} data-busy={busy} data-tiles={tiles}>
      {busy ? (
        <>
          <span className="spinner" aria-hidden="true" /> Loading {progress}
        </>
      ) : (
        'Lanes'
      )}
    </div>
  );
}

/** The time axis; a drag on it zooms to what was drawn. */
function AxisStrip({ session, theme }: { readonly session: LaneSession; readonly theme: LaneTheme }): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const surface = useRef<{ context: CanvasRenderingContext2D; size: StripSize }>(undefined);
  const startX = useRef<number>(undefined);
  useEffect(() => {
    const paint = (view: TimeView): void => {
      if (surface.current !== undefined) paintAxis(surface.current.context, view, surface.current.size, theme);
    };
    paint(session.view.view);
    return session.onFrame(paint);
  }, [session, theme]);
  const xOfEvent = (event: { readonly clientX: number }): number =>
    event.clientX - (canvas.current?.getBoundingClientRect().left ?? 0);
  return (
    <CanvasStrip
      label="Time axis"
      className="tl-axis"
      canvas={canvas}
      onSize={(element, size, ratio) => {
        const context = sized(element, size, ratio);
        surface.current = context && { context, size };
        if (context !== undefined) paintAxis(context, session.view.view, size, theme);
      }}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        startX.current = xOfEvent(event);
      }}
      onPointerUp={(event) => {
        const [from, to] = [startX.current ?? 0, xOfEvent(event)].sort((a, b) => a - b);
        startX.current = undefined;
        const width = surface.current?.size.widthPx ?? 1;
        if (from === undefined || to === undefined || to - from < 4) return;
        const { view } = session.view;
        session.view.setView({ fromUs: usAt(from, view, width), toUs: usAt(to, view, width) });
      }}
    />
  );
}
