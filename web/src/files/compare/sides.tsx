import { useState, type ReactNode } from 'react';
import { useRequest } from '../../api/index.js';
import { Button, Field } from '../../design/index.js';
import { setQuery } from '../../router/index.js';
import { formatDurationUs, formatTimeUs, useTimeZone } from '../../time/index.js';
import { choiceOf, type EventChoice } from '../event-choice.js';
import { directoryOf, filesIn, keysOf } from '../file-keys.js';
import { filesRequest } from '../files-api.js';
import {
  hasOtherSide,
  otherFiles,
  otherSideOf,
  otherValue,
  sameOnOtherSide,
  swappedSides,
  withoutOtherSide,
} from './other-side.js';

/** What is compared with what: A is what all views show, B is chosen here. */
export function Sides({ query }: { readonly query: URLSearchParams }): ReactNode {
  const there = hasOtherSide(query);
  const other = otherSideOf(query);
  return (
    <div className="compare-sides">
      <section className="panel compare-side" aria-label="Side A">
        <h2>A: what is shown</h2>
        <Facts query={query} />
      </section>
      <section className="panel compare-side" aria-label="Side B">
        <h2 className="row">
          <span className="grow">B: compared with</span>
          <Button small disabled={!there} onClick={() => setQuery(swappedSides(query))}>
            Swap
          </Button>
          <Button small onClick={() => setQuery(sameOnOtherSide(query))} title="B becomes what A is now">
            Take A as B
          </Button>
          {there && (
            <Button small look="plain" onClick={() => setQuery(withoutOtherSide)}>
              Clear
            </Button>
          )}
        </h2>
        <OtherForm key={other.toString()} query={other} there={there} />
        {there && <Facts query={other} clear={{ ...otherValue('from', ''), ...otherValue('to', '') }} />}
      </section>
    </div>
  );
}

function Facts({
  query,
  clear,
}: {
  readonly query: URLSearchParams;
  readonly clear?: ReturnType<typeof otherValue>;
}): ReactNode {
  const choice = choiceOf(query);
  const keys = keysOf(query);
  const rest = [choice.pid && `process ${choice.pid}`, choice.tid && `thread ${choice.tid}`].filter(Boolean).join(', ');
  return (
    <dl className="facts">
      <dt>Files</dt>
      <dd className="break">{keys.length === 0 || keys[0] === '**' ? 'all' : keys.join(', ')}</dd>
      <dt>Time</dt>
      <dd>
        <WindowText choice={choice} />
        {clear !== undefined && choice.from !== undefined && (
          <Button small look="plain" onClick={() => setQuery(clear)}>
            All of it
          </Button>
        )}
      </dd>
      {rest !== '' && (
        <>
          <dt>Only</dt>
          <dd>{rest}</dd>
        </>
      )}
    </dl>
  );
}

function WindowText({ choice: { from, to } }: { readonly choice: EventChoice }): ReactNode {
  const zone = useTimeZone();
  if (from === undefined || to === undefined) return 'all of it';
  return `${formatTimeUs(from, zone, 3)}, ${formatDurationUs(Number(to - from))} long`;
}

/** Files and directories to choose from; what is typed is taken when the form is sent. */
function OtherForm({ query, there }: { readonly query: URLSearchParams; readonly there: boolean }): ReactNode {
  const { data } = useRequest(filesRequest);
  const paths = (data?.files ?? []).map(({ path }) => path);
  const options = [...new Set(paths.map((path) => filesIn(directoryOf(path)))), ...paths];
  const [files, setFiles] = useState(there ? (keysOf(query)[0] ?? '') : '');
  const [pid, setPid] = useState(query.get('pid') ?? '');
  const problem = pid !== '' && !/^-?\d+$/.test(pid) ? 'a number' : undefined;
  return (
    <form
      className="row end"
      aria-label="What to compare with"
      onSubmit={(event) => {
        event.preventDefault();
        if (problem === undefined && files.trim() !== '')
          setQuery({ ...otherFiles(files.trim()), ...otherValue('pid', pid) });
      }}
    >
      <Field
        label="File or directory"
        className="mono"
        placeholder="job7/ or job7/rank-3.pfw.gz"
        options={options}
        value={files}
        onChange={(event) => setFiles(event.target.value)}
      />
      <Field
        label="Process"
        placeholder="any"
        value={pid}
        problem={problem}
        onChange={(event) => setPid(event.target.value.trim())}
      />
      <Button type="submit" look="primary" disabled={problem !== undefined || files.trim() === ''}>
        Compare
      </Button>
    </form>
  );
}
