import { useEffect, useState, type ReactNode } from 'react';
import { useRequest } from '../api/index.js';
import { Empty, lateView, Notice, Spinner, Tabs, type LateView } from '../design/index.js';
import { hrefOf, Link, useRoute } from '../router/index.js';
import { Loaded } from '../shell/index.js';
import { formatCount, formatDurationUs, TimeText } from '../time/index.js';
import { boundsOf, choiceOf } from './event-choice.js';
import { OTHER_SIDE_KEYS } from './compare/other-side.js';
import { chosenBy, isDirectoryKey, keysOf, type FileKey } from './file-keys.js';
import { FileList } from './file-list.js';
import { filesRequest, infoRequest, type FileBounds } from './files-api.js';
import { FilterBar } from './filter-bar.js';
import type { TabProps } from './tab-props.js';
import './files.css';

interface Tab {
  readonly key: string;
  readonly title: string;
  readonly Content: LateView<TabProps>;
}

const TABS: readonly Tab[] = [
  { key: 'timeline', title: 'Timeline', Content: lateView(() => import('./timeline-tab.js')) },
  { key: 'summary', title: 'Summary', Content: lateView(() => import('./summary-tab.js')) },
  { key: 'io', title: 'Bandwidth', Content: lateView(() => import('./io-tab.js')) },
  { key: 'calls', title: 'Calls', Content: lateView(() => import('./calls-tab.js')) },
  { key: 'events', title: 'Events', Content: lateView(() => import('./events-tab.js')) },
  { key: 'compare', title: 'Compare', Content: lateView(() => import('./compare/compare-tab.js')) },
  { key: 'export', title: 'Export', Content: lateView(() => import('./export-tab.js')) },
];

const ASK_EVERY_MS = 3_000;
/** When all is there it seldom changes. */
const LOOK_AGAIN_MS = 30_000;

/** `#/files`: the list. `#/files/timeline?file=…`: views of some files, or of a directory as one job. */
export default function FilesPage(): ReactNode {
  const { path } = useRoute();
  const tab = path[1] === undefined ? undefined : TABS.find(({ key }) => key === path[1]);
  if (path[1] === undefined) return <FileList />;
  if (tab === undefined)
    return (
      <Empty title="There is no such view">
        <Link to={['files']}>To the files</Link>
      </Empty>
    );
  return <JobView tab={tab} />;
}

/** Asks `/files`, which answers at once, until every chosen file is ready; only then `/info`, which waits for all. */
function JobView({ tab }: { readonly tab: Tab }): ReactNode {
  const { query } = useRoute();
  const [settled, setSettled] = useState(false);
  const listed = useRequest(filesRequest, { everyMs: settled ? LOOK_AGAIN_MS : ASK_EVERY_MS });
  const known = listed.data?.files ?? [];
  const { files } = choiceOf(query);
  const isChosen = chosenBy(files);
  const wanted = known.filter(({ path }) => isChosen(path));
  const pending = wanted.filter(({ state }) => state === 'waiting' || state === 'indexing');
  const ready = listed.data !== undefined && pending.length === 0;
  const info = useRequest(ready ? infoRequest : undefined);
  useEffect(tab.Content.preload, [tab]);
  useEffect(() => {
    setSettled(ready);
  }, [ready]);
  return (
    <div className="job">
      <JobTitle query={query} wanted={wanted} />
      <Tabs
        label="Views of the files"
        current={tab.key}
        tabs={TABS.map(({ key, title }) => ({ key, title, href: hrefOf(['files', key], carried(query)) }))}
      />
      <FilterBar />
      {pending.length > 0 && (
        <Notice>
          <Spinner
            label={`${formatCount(wanted.length - pending.length)} of ${formatCount(wanted.length)} files are indexed; the view opens when all are.`}
          />
        </Notice>
      )}
      {listed.data !== undefined && <Missing keys={files} known={known} chosen={wanted} />}
      <Loaded state={ready ? info : { ...listed, data: undefined }} what="Loading the files">
        {({ files: withBounds }) => <Content tab={tab} query={query} known={withBounds} />}
      </Loaded>
    </div>
  );
}

/** What a change of the tab takes along: which events, not the selection of one view. */
function carried(query: URLSearchParams): URLSearchParams {
  const kept = new URLSearchParams();
  for (const [key, value] of query) if (KEPT.has(key)) kept.append(key, value);
  return kept;
}

const KEPT = new Set([
  'file',
  'dir',
  'cat',
  'name',
  'pid',
  'tid',
  'dur',
  'from',
  'to',
  'fold',
  'pin',
  ...OTHER_SIDE_KEYS,
]);

function JobTitle({
  query,
  wanted,
}: {
  readonly query: URLSearchParams;
  readonly wanted: readonly FileBounds[];
}): ReactNode {
  const keys = keysOf(query);
  const [only] = keys;
  const isFile = keys.length === 1 && only !== undefined && !isDirectoryKey(only);
  const count = `${formatCount(wanted.length)} ${wanted.length === 1 ? 'file' : 'files'}`;
  const name = keys.length > 1 ? count : only === undefined ? 'All files' : only === './' ? 'trace directory' : only;
  return (
    <div className="row">
      <Link to={['files']}>Files</Link>
      <span className="soft">/</span>
      <h1 className="grow break job-name">{name}</h1>
      {!isFile && keys.length < 2 && <span className="soft">{count}</span>}
    </div>
  );
}

interface MissingProps {
  readonly keys: readonly FileKey[];
  readonly known: readonly FileBounds[];
  readonly chosen: readonly FileBounds[];
}

function Missing({ keys, known, chosen }: MissingProps): ReactNode {
  const missing = keys.filter((key) => !known.some(({ path }) => chosenBy([key])(path)));
  const unreadable = chosen.filter(({ state }) => state === 'unreadable');
  if (missing.length + unreadable.length === 0) return null;
  return (
    <Notice kind="error">
      {missing.length > 0 && <span className="text">Not in the trace directory: {missing.join(', ')}</span>}
      {unreadable.length > 0 && (
        <span className="text">Cannot be read: {unreadable.map(({ path }) => path).join(', ')}</span>
      )}
    </Notice>
  );
}

function Content({
  tab: { Content: View },
  query,
  known,
}: {
  readonly tab: Tab;
  readonly query: URLSearchParams;
  readonly known: readonly FileBounds[];
}): ReactNode {
  const choice = choiceOf(query);
  const bounds = boundsOf(choice.files, known);
  if (bounds === undefined)
    return (
      <Empty title="No event has a time yet" command="tracer record -- ./your-program">
        <p>The files are empty, are still being written, or hold metadata alone.</p>
      </Empty>
    );
  return (
    <>
      <View choice={choice} bounds={bounds} />
      <p className="soft job-time">
        <TimeText us={bounds.fromUs} /> · {formatDurationUs(Number(bounds.toUs - bounds.fromUs))}
      </p>
    </>
  );
}
