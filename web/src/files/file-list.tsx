import { useState, type ReactNode } from 'react';
import { useRequest } from '../api/index.js';
import { Badge, Button, Check, Empty, Field, Notice, VirtualRows } from '../design/index.js';
import { Link, hrefOf, navigate, useQueryValue } from '../router/index.js';
import { CopyCurl, Loaded } from '../shell/index.js';
import { formatBytes, formatCount, formatDurationUs, TimeText } from '../time/index.js';
import { directoryOf } from './event-choice.js';
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

type Line =
  | { readonly kind: 'dir'; readonly path: string; readonly files: readonly FileBounds[] }
  | (FileBounds & { readonly kind: 'file' });

/** Files under their directories, in the order of their names. */
export function linesOf(files: readonly FileBounds[], find: string): Line[] {
  const wanted = find.toLowerCase();
  const byDirectory = new Map<string, FileBounds[]>();
  for (const file of files) {
    if (!file.path.toLowerCase().includes(wanted)) continue;
    const directory = directoryOf(file.path);
    byDirectory.set(directory, [...(byDirectory.get(directory) ?? []), file]);
  }
  const order = new Intl.Collator('en', { numeric: true });
  return [...byDirectory]
    .sort(([a], [b]) => order.compare(a, b))
    .flatMap(([path, inside]): Line[] => [
      { kind: 'dir', path, files: inside },
      ...inside.sort((a, b) => order.compare(a.path, b.path)).map((file) => ({ ...file, kind: 'file' as const })),
    ]);
}

function Files({ files }: { readonly files: readonly FileBounds[] }): ReactNode {
  const [find, setFind] = useQueryValue('find', { replace: true });
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const pending = files.filter(({ state }) => state === 'waiting' || state === 'indexing').length;
  // `/info` waits for the index of every file.
  const bounds = useRequest(pending === 0 ? infoRequest : undefined, { everyMs: ASK_EVERY_MS * 5 });
  const timeOf = new Map((bounds.data?.files ?? []).map((file) => [file.path, file]));
  const lines = linesOf(files, find);
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
          disabled={chosen.size === 0}
          onClick={() => navigate(hrefOf(['files', 'timeline'], { file: [...chosen] }))}
        >
          {chosen.size === 0 ? 'Open the chosen files' : `Open ${formatCount(chosen.size)} chosen`}
        </Button>
        <Link to={['files', 'timeline']} className="button">
          Open all as one job
        </Link>
      </div>
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
            if (line.kind === 'dir') return <DirectoryLine path={line.path} files={line.files} />;
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

function DirectoryLine({ path, files }: { readonly path: string; readonly files: readonly FileBounds[] }): ReactNode {
  return (
    <div className="file-line directory">
      <span />
      <span className="file-name">{path === '' ? 'trace directory' : `${path}/`}</span>
      <span className="soft file-count">
        {formatCount(files.length)} {files.length === 1 ? 'file' : 'files'}
      </span>
      <Link to={['files', 'timeline']} query={{ dir: path }} className="file-job">
        Open as one job
      </Link>
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
