import { memo, type ReactNode } from 'react';
import { formatDurationUs } from '../time/index.js';
import type { CriticalSection } from './critical-path.js';
import { colourClass } from './service-colour.js';
import type { TraceColumns } from './trace-columns.js';
import { place as placeIn, type ViewWindow } from './view-window.js';

interface Props {
  readonly columns: TraceColumns;
  readonly place: number;
  readonly services: readonly string[];
  readonly window: ViewWindow;
  readonly folded: boolean;
  readonly selected: boolean;
  readonly found: boolean;
  readonly sections: readonly CriticalSection[] | undefined;
  readonly onFold: (place: number) => void;
  readonly onSelect: (place: number) => void;
}

const INDENT_PX = 12;
/** Deeper rows are not indented further: their depth is a number. */
const DEEPEST_INDENT = 18;

/** One span: its place in the tree and its bar. */
export function SpanLine(props: Props): ReactNode {
  const { columns, place, folded, selected, found, onSelect } = props;
  if (!columns.isLoaded(place)) return <div className="span-line waiting">…</div>;
  const classes = ['span-line', selected ? 'selected' : '', found ? 'found' : ''].join(' ');
  return (
    <div
      className={classes}
      onClick={() => {
        onSelect(place);
      }}
    >
      <TreeCell {...props} folded={folded} />
      <span className="span-track">
        <Bar {...props} />
      </span>
    </div>
  );
}

function TreeCell({ columns, place, services, folded, selected, onFold, onSelect }: Props): ReactNode {
  const depth = columns.depth[place] ?? 0;
  const below = columns.descendants[place] ?? 0;
  const [service, name] = [columns.serviceOf(place), columns.nameOf(place)];
  return (
    <span className="span-name" style={{ paddingLeft: Math.min(depth, DEEPEST_INDENT) * INDENT_PX }}>
      {depth > DEEPEST_INDENT && <span className="soft small">{depth}·</span>}
      {below > 0 ? (
        <button
          type="button"
          className="fold"
          aria-expanded={!folded}
          aria-label={`${folded ? 'Unfold' : 'Fold'} ${below} spans below ${name}`}
          onClick={(event) => {
            event.stopPropagation();
            onFold(place);
          }}
        >
          {folded ? '▸' : '▾'}
        </button>
      ) : (
        <span className="fold" />
      )}
      <span className={`service-dot ${colourClass(services, service)}`} aria-hidden="true" />
      <button
        type="button"
        className="span-title"
        aria-current={selected ? 'true' : undefined}
        title={`${service}: ${name}`}
        onClick={(event) => {
          event.stopPropagation();
          onSelect(place);
        }}
      >
        <strong>{service}</strong> {name === '' ? '(no name)' : name}
      </button>
      {columns.failed[place] === 1 && (
        <span className="failed-mark" title="Failed">
          !
        </span>
      )}
      {folded && <span className="soft small">+{below}</span>}
    </span>
  );
}

const Bar = memo(function Bar({ columns, place, services, window, sections }: Props): ReactNode {
  const startNs = columns.startNs[place] ?? NaN;
  const durationNs = columns.durationNs[place] ?? 0;
  if (Number.isNaN(startNs)) return <span className="soft small">no start time</span>;
  const at = placeIn(window, startNs, durationNs);
  if (at === undefined) return null;
  const isLeft = at.left + at.width < 0.85;
  return (
    <>
      <span
        className={`span-bar ${colourClass(services, columns.serviceOf(place))} ${columns.failed[place] === 1 ? 'failed' : ''}`}
        style={{ left: `${at.left * 100}%`, width: `${at.width * 100}%` }}
      />
      {sections?.map(({ fromNs, toNs }) => {
        const part = placeIn(window, fromNs, toNs - fromNs);
        return part === undefined ? null : (
          <span
            key={fromNs}
            className="critical"
            style={{ left: `${part.left * 100}%`, width: `${part.width * 100}%` }}
          />
        );
      })}
      <span
        className="span-duration"
        style={
          isLeft
            ? { left: `calc(${(at.left + at.width) * 100}% + 4px)` }
            : { right: `calc(${(1 - at.left) * 100}% + 4px)` }
        }
      >
        {formatDurationUs(durationNs / 1000)}
      </span>
    </>
  );
});
