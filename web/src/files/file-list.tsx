import { useState, type ReactNode } from 'react';
import { useRequest } from '../api/index.js';
import { Badge, Button, Check, Empty, Field, Notice, VirtualRows } from '../design/index.js';
import { Link, hrefOf, navigate, useQueryValue } from '../router/index.js';
import { CopyCurl, Loaded } from '../shell/index.js';
import { formatBytes, formatCount, formatDurationUs, TimeText } from '../time/index.js';
import { directoryOf, filesBelow, filesIn, shortKeys, type FileKey } from './file-keys.js';
import { linesOf } from './file-lines.js';
import {
  fileInfoRequest,
  filesRequest,
  infoRequest,
  type FileBounds,
  type FileInfo,
  type FileState,
} from './files-api.js';

const ASK_EVERY_MS = 2_000;
const ROW_PX = 40;

/** All trace files by directory, each with the state of its index; a directory opens as one job. */
export function FileList(): ReactNode {
  const state = useRequest(filesRequest, { everyMs: ASK_EVERY_MS });
  return (
    <div className="stack">
      <div className="row">
        <h1 className="grow">Trace files</h1>
        <CopyCurl request={state.request} />
      </div>
      <Loaded state={state} what="Loading the files">
        {({ files }) =>
          files.length === 0 ? (
            <Empty title="No trace files yet" command="DFTRACER_ENABLE=1 DFTRACER_LOG_FILE=traces/job ./your-program">
              <p>
                Put <code>*.pfw</code> or <code>*.pfw.gz</code> files into the trace directory (<code>TRACE_DIR</code>,{' '}
                <code>./traces</code> unless set), or start a <Link to={['sessions']}>kernel session</Link>. They show
                here by themselves.
              </p>
            </Empty>
          ) : (
            <Files files={files} />
          )
        }
      </Loaded>
    </div>
  );
}

/** What an address can hold, with room for the rest of it. */
const MOST_CHARACTERS = 10_000;

function Files({ files }: { readonly files: readonly FileBounds[] }): ReactNode {
  const [find, setFind] = useQueryValue('find', { replace: true });
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const pending = files.filter(({ state }) => state === 'waiting' || state === 'indexing').length;
  // `/info` waits for the index of every file.
  const bounds = useRequest(pending === 0 ? infoRequest : undefined, { everyMs: ASK_EVERY_MS * 5 });
  const timeOf = new Map((bounds.data?.files ?? []).map((file) => [file.path, file]));
  const lines = linesOf(files, find);
  const keys = shortKeys(
    chosen,
    files.map(({ path }) => path),
  );
  const isLong = keys.reduce((sum, key) => sum + encodeURIComponent(key).length + 6, 0) > MOST_CHARACTERS;
  const toggle = (path: string): void => {
    const next = new Set(chosen);
    if (!next.delete(path)) next.add(path);
    setChosen(next);
  };
  return (
    <>
      <div className="row end">
        <div className="grow file-find">
          <Field
            label="Find"
            value={find}
            placeholder="part of a path"
            onChange={(event) => setFind(event.target.value)}
          />
        </div>
        <Button
          look="primary"
          disabled={chosen.size === 0 || isLong}
          onClick={() => navigate(hrefOf(['files', 'timeline'], { file: keys }))}
        >
          {chosen.size === 0 ? 'Open the chosen files' : `Open ${formatCount(chosen.size)} chosen`}
        </Button>
        <Link to={['files', 'timeline']} className="button">
          Open all {formatCount(files.length)} as one job
        </Link>
      </div>
      {isLong && (
        <Notice kind="warn">
          So many single files do not fit into a link. Choose all files of a directory, or fewer.
        </Notice>
      )}
      {pending > 0 && <IndexProgress done={files.length - pending} all={files.length} />}
      <Ignored ignored={bounds.data?.ignored} />
      <div className="panel">
        <div className="file-line head" aria-hidden="true">
          <span />
          <span>File</span>
          <span>Index</span>
          <span className="number">Events</span>
          <span className="number">Size</span>
          <span>Begins</span>
          <span className="number">Covers</span>
        </div>
        <VirtualRows
          label="Trace files"
          count={lines.length}
          rowHeight={ROW_PX}
          height={`min(${Math.max(2, lines.length) * ROW_PX}px, calc(100vh - 260px))`}
          row={(index) => {
            const line = lines[index];
            if (line === undefined) return null;
            if (line.kind === 'dir')
              return <DirectoryLine path={line.path} files={line.files.length} below={line.below} />;
            const { path } = line;
            return (
              <FileLine
                file={{ ...line, ...timeOf.get(path), state: line.state }}
                chosen={chosen.has(path)}
                onChoose={() => toggle(path)}
              />
            );
          }}
        />
      </div>
      {lines.length === 0 && <p className="soft">No path contains “{find}”.</p>}
    </>
  );
}

function IndexProgress({ done, all }: { readonly done: number; readonly all: number }): ReactNode {
  return (
    <Notice>
      <span role="status">
        {formatCount(done)} of {formatCount(all)} files are indexed. Views of a file open when it is.
      </span>
      <div
        className="bar file-progress"
        role="progressbar"
        aria-label="Files indexed"
        aria-valuemax={all}
        aria-valuenow={done}
      >
        <span style={{ width: `${(100 * done) / all}%` }} />
      </div>
    </Notice>
  );
}

function Ignored({ ignored }: { readonly ignored: Readonly<Record<string, number>> | undefined }): ReactNode {
  const reasons = Object.entries(ignored ?? {}).filter(([, count]) => count > 0);
  if (reasons.length === 0) return null;
  return (
    <Notice kind="warn">
      <span>
        Left out of the directory:{' '}
        {reasons.map(([reason, count]) => `${formatCount(count)} ${reason.replaceAll('_', ' ')}`).join(', ')}.
      </span>
    </Notice>
  );
}

interface DirectoryProps {
  readonly path: string;
  readonly files: number;
  readonly below: number;
}

function DirectoryLine({ path, files, below }: DirectoryProps): ReactNode {
  const text = (count: number): string => `${formatCount(count)} ${count === 1 ? 'file' : 'files'}`;
  const open = (key: FileKey, title: string): ReactNode => (
    <Link to={['files', 'timeline']} query={{ dir: key }} className="file-job">
      {title}
    </Link>
  );
  return (
    <div className="file-line directory">
      <span />
      <span className="file-name">{path === '' ? 'trace directory' : `${path}/`}</span>
      <span className="soft file-count">
        {[files > 0 || below === 0 ? text(files) : '', below > 0 ? `${text(below)} below` : '']
          .filter(Boolean)
          .join(', ')}
      </span>
      {files > 0 && open(filesIn(path), 'Open as one job')}
      {below > 0 && open(filesBelow(path), 'Open all below as one job')}
    </div>
  );
}

const STATES: Readonly<Record<FileState, readonly [text: string, kind: 'good' | 'warn' | 'error' | undefined]>> = {
  waiting: ['waiting', 'warn'],
  indexing: ['being indexed', 'warn'],
  ready: ['ready', 'good'],
  unreadable: ['unreadable', 'error'],
};

interface FileLineProps {
  readonly file: FileBounds;
  readonly chosen: boolean;
  readonly onChoose: () => void;
}

function FileLine({ file, chosen, onChoose }: FileLineProps): ReactNode {
  const { path, state } = file;
  const settled = state === 'ready' || state === 'unreadable';
  const info = useRequest(settled ? fileInfoRequest(path) : undefined).data;
  const name = path.slice(directoryOf(path).length).replace(/^\//, '');
  return (
    <div className="file-line">
      <Check label={<span className="visually-hidden">Choose {path}</span>} checked={chosen} onChange={onChoose} />
      <Link to={['files', 'timeline']} query={{ file: path }} className="file-name" title={path}>
        {name}
      </Link>
      <span>
        <StateBadge file={file} problem={info?.problem} />
      </span>
      <span className="number">{info?.num_events === undefined ? '' : formatCount(info.num_events)}</span>
      <span className="number">{info === undefined ? '' : formatBytes(info.compressed_size)}</span>
      <FileTimes file={file} />
    </div>
  );
}

function StateBadge({
  file,
  problem,
}: {
  readonly file: FileBounds;
  readonly problem: FileInfo['problem'] | undefined;
}): ReactNode {
  if (problem !== undefined)
    return (
      <Badge kind="warn" title={problem.message}>
        {problem.kind}
      </Badge>
    );
  const [text, kind] = STATES[file.state];
  const small = file.is_small && file.state === 'ready';
  return (
    <Badge {...(kind && { kind })} title={small ? 'Below 1 MiB: read whole, needs no index' : text}>
      {small ? 'small' : text}
    </Badge>
  );
}

function FileTimes({
  file: { min_timestamp_us: min, max_timestamp_us: max },
}: {
  readonly file: FileBounds;
}): ReactNode {
  return (
    <>
      <span className="soft file-time">{min !== undefined && <TimeText us={min} fraction={0} />}</span>
      <span className="number">{min !== undefined && max !== undefined && formatDurationUs(max - min)}</span>
    </>
  );
}
