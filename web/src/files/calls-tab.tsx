import { useMemo, useState, type ReactNode } from 'react';
import { useRequest } from '../api/index.js';
import { Button, Empty, lateView, Notice, Select, Table, VirtualRows, type Column } from '../design/index.js';
import { colourIndex } from '../lanes/index.js';
import { setQuery, useQueryValue } from '../router/index.js';
import { CopyCurl, Loaded } from '../shell/index.js';
import { formatCount, formatCounted, formatDurationUs } from '../time/index.js';
import { conditionsOf, withWindow } from './event-choice.js';
import { callTreeRequest, lanesRequest, type CallNode, type CallTreeAnswer } from './files-api.js';
import { flameLayout, nodeAt, selfTimes, type FlameBox, type NameSelf } from './flame-layout.js';
import type { TabProps } from './tab-props.js';

const Speedscope = lateView(() => import('./speedscope-frame.js'));
const ROW_PX = 20;
const NARROWEST = 1 / 1500;
const MOST_NODES = 20_000;

/** Which calls took the time inside which: all threads folded into one, or one thread. */
export default function CallsTab({ choice, bounds }: TabProps): ReactNode {
  const [thread, setThread] = useQueryValue('thread');
  const [speedscope, setSpeedscope] = useQueryValue('speedscope');
  const lanes = useRequest(lanesRequest(conditionsOf(choice)));
  const [pid = '', tid = ''] = thread.split(':');
  const one = thread === '' ? { merge: 1 } : { pid, tid };
  const state = useRequest(callTreeRequest({ ...withWindow(choice, bounds), ...one, limit: MOST_NODES }));
  const threads = (lanes.data?.lanes ?? []).map((lane) => {
    const value = `${lane.pid ?? ''}:${lane.tid ?? ''}`;
    return [value, `${lane.thread_name ?? 'thread'} ${value} (${formatCounted(lane.events, 'event')})`] as const;
  });
  return (
    <div className="stack">
      <div className="row end">
        <Select
          label="Of"
          value={thread}
          options={[['', 'all threads, folded into one'], ...new Map(threads)]}
          onChange={(value) => setQuery({ thread: value, box: undefined, speedscope: undefined })}
        />
        <Button
          pressed={speedscope !== ''}
          disabled={thread === ''}
          title={
            thread === '' ? 'Choose a thread first: speedscope shows one at a time' : 'Open the thread in speedscope'
          }
          onClick={() => setSpeedscope(speedscope === '' ? '1' : undefined)}
        >
          speedscope
        </Button>
        {thread !== '' && <Button onClick={() => setThread(undefined)}>All threads</Button>}
        <CopyCurl request={state.request} />
      </div>
      {speedscope !== '' && thread !== '' ? (
        <Speedscope
          query={{ ...conditionsOf(choice), ts_min: choice.from, ts_max: choice.to, pid, tid }}
          name={thread}
        />
      ) : (
        <Loaded state={state} what="Folding the calls">
          {(answer) => <Calls answer={answer} />}
        </Loaded>
      )}
    </div>
  );
}

function Calls({ answer }: { readonly answer: CallTreeAnswer }): ReactNode {
  const [focus] = useQueryValue('box');
  const roots = useMemo(() => answer.lanes.flatMap(({ children }) => children), [answer]);
  const flame = useMemo(() => flameLayout(roots, focus, NARROWEST), [roots, focus]);
  const names = useMemo(() => {
    const node = focus === '' ? undefined : nodeAt(roots, focus);
    return selfTimes(node === undefined ? roots : [node]);
  }, [roots, focus]);
  if (roots.length === 0)
    return (
      <Empty title="No calls fit">
        <p>Change the filter or the window of time.</p>
      </Empty>
    );
  return (
    <>
      <Losses answer={answer} hidden={flame.hidden} />
      <section className="panel">
        <h2 className="row">
          <span className="grow">
            {formatDurationUs(flame.totalUs)} in {formatCount(answer.events)} calls
          </span>
          {focus !== '' && (
            <Button small onClick={() => setQuery({ box: undefined })}>
              Show all
            </Button>
          )}
        </h2>
        <Flame boxes={flame.boxes} depth={flame.depth} totalUs={flame.totalUs} />
      </section>
      <OwnTimes names={names} totalUs={flame.totalUs} />
    </>
  );
}

/** What the picture lacks is said in numbers. */
function Losses({ answer, hidden }: { readonly answer: CallTreeAnswer; readonly hidden: number }): ReactNode {
  const facts = [
    [answer.left_out, 'event', 'beyond what the server folds at a time; choose a thread or a shorter time'],
    [answer.cut, 'call', 'cut, for reaching beyond the call around'],
    [answer.untimed, 'event', 'without a time'],
    [answer.pruned, 'box', 'left out, with the least time'],
    [hidden, 'box', 'too narrow to be drawn; click a wide one to zoom'],
  ] as const;
  const shown = facts.filter(([count]) => count > 0);
  if (shown.length === 0) return null;
  return (
    <Notice {...(answer.left_out > 0 && { kind: 'warn' as const })}>
      {shown.map(([count, noun, text]) => (
        <span key={text}>
          {formatCounted(count, noun)} {text}.
        </span>
      ))}
    </Notice>
  );
}

interface FlameProps {
  readonly boxes: readonly FlameBox[];
  readonly depth: number;
  readonly totalUs: number;
}

function Flame({ boxes, depth, totalUs }: FlameProps): ReactNode {
  const byDepth = useMemo(() => {
    const rows: FlameBox[][] = [];
    for (const box of boxes) (rows[box.depth] ??= []).push(box);
    return rows;
  }, [boxes]);
  return (
    <VirtualRows
      label="Calls inside calls"
      count={depth}
      rowHeight={ROW_PX}
      height={Math.min(depth * ROW_PX + 4, 460)}
      row={(level) => (
        <div className="flame-row">
          {(byDepth[level] ?? []).map(({ node, path, left, width }) => (
            <button
              key={path}
              type="button"
              className={`flame-box hue-${colourIndex(node.name)}`}
              style={{ left: `${left * 100}%`, width: `${width * 100}%` }}
              title={boxTitle(node, totalUs)}
              onClick={() => setQuery({ box: path })}
            >
              {width > 0.02 ? node.name : ''}
            </button>
          ))}
        </div>
      )}
    />
  );
}

function boxTitle({ name, count, total_us: total, self_us: self }: CallNode, all: number): string {
  const share = all === 0 ? 0 : (100 * total) / all;
  return `${name}\n${formatDurationUs(total)} (${share.toFixed(1)} %), of it ${formatDurationUs(self)} its own\n${formatCount(count)} calls`;
}

const SHOWN = 100;

function OwnTimes({ names, totalUs }: { readonly names: readonly NameSelf[]; readonly totalUs: number }): ReactNode {
  const [all, setAll] = useState(false);
  const columns: readonly Column<NameSelf>[] = [
    { key: 'name', title: 'Name', cell: ({ name }) => name },
    { key: 'self', title: 'Own time', number: true, cell: ({ selfUs }) => formatDurationUs(selfUs) },
    {
      key: 'share',
      title: 'Share',
      number: true,
      cell: ({ selfUs }) => `${(totalUs === 0 ? 0 : (100 * selfUs) / totalUs).toFixed(1)} %`,
    },
    { key: 'total', title: 'With what it calls', number: true, cell: (row) => formatDurationUs(row.totalUs) },
    { key: 'count', title: 'Calls', number: true, cell: ({ count }) => formatCount(count) },
  ];
  return (
    <section className="panel">
      <h2>Own time by name</h2>
      <Table
        label="Own time by name"
        columns={columns}
        rows={all ? names : names.slice(0, SHOWN)}
        rowKey={({ name }) => name}
      />
      {names.length > SHOWN && !all && (
        <Button small look="plain" onClick={() => setAll(true)}>
          Show all {formatCount(names.length)}
        </Button>
      )}
    </section>
  );
}
