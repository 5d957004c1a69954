import { useMemo, useState, type ReactNode } from 'react';
import { useRequest } from '../api/index.js';
import { Button, Empty, Field, Table, type Column } from '../design/index.js';
import { hrefOf, Link, navigate, useQueryValue } from '../router/index.js';
import { CopyCurl, Loaded } from '../shell/index.js';
import { formatCount, TimeText } from '../time/index.js';
import { isoUs } from './format-seconds.js';
import { liveRequest, tagsRequest, type LiveRun, type TagFigures } from './run-api.js';

const COLUMNS: readonly Column<TagFigures>[] = [
  { key: 'tag', title: 'Tag', cell: ({ trace_tag: tag }) => <Link to={['features', 'tag', tag]}>{tag}</Link> },
  { key: 'runs', title: 'Finished runs', number: true, cell: ({ runs }) => formatCount(runs) },
  { key: 'live', title: 'Running', number: true, cell: ({ live }) => formatCount(live) },
  { key: 'last', title: 'Last finished', cell: ({ last_end_time: end }) => <TimeText us={isoUs(end)} relative /> },
];

/** Every tag that has runs, and the runs that have not finished. */
export function TagList(): ReactNode {
  const [text, setText] = useQueryValue('contains', { replace: true });
  const [cursor, setCursor] = useState<number>();
  const request = useMemo(() => tagsRequest(text, cursor), [text, cursor]);
  const state = useRequest(request, { everyMs: 5_000 });
  return (
    <>
      <div className="row end">
        <Field
          label="Tags that contain"
          value={text}
          onChange={(event) => {
            setCursor(undefined);
            setText(event.target.value);
          }}
        />
        <span className="grow" />
        <CopyCurl request={request} />
      </div>
      <Loaded state={state} what="Loading the tags">
        {({ tags, next }) =>
          tags.length === 0 ? (
            <NoTags filtered={text !== '' || cursor !== undefined} />
          ) : (
            <>
              <Table
                label="Tags"
                columns={COLUMNS}
                rows={tags}
                rowKey={({ trace_tag: tag }) => tag}
                onRow={({ trace_tag: tag }) => {
                  navigate(hrefOf(['features', 'tag', tag]));
                }}
              />
              <div className="row">
                {cursor !== undefined && (
                  <Button
                    onClick={() => {
                      setCursor(undefined);
                    }}
                  >
                    First tags
                  </Button>
                )}
                {next !== undefined && (
                  <Button
                    onClick={() => {
                      setCursor(next);
                    }}
                  >
                    More tags
                  </Button>
                )}
              </div>
            </>
          )
        }
      </Loaded>
      <LiveRuns />
    </>
  );
}

function NoTags({ filtered }: { readonly filtered: boolean }): ReactNode {
  if (filtered) return <Empty title="No tag has this text" />;
  const url = new URL('api/tracing/batch', document.baseURI).href;
  const body = `{"runs":[{"trace_tag":"checkout","steps":[{"step_name":"cart","offset_ms":120},{"step_name":"paid","offset_ms":900}]}]}`;
  return (
    <Empty title="No feature has been timed" command={`curl ${url} -H 'content-type: application/json' -d '${body}'`}>
      <p>A page or a program reports the steps of what it does under a tag. One run, with curl:</p>
    </Empty>
  );
}

const LIVE_COLUMNS: readonly Column<LiveRun>[] = [
  { key: 'tag', title: 'Tag', cell: ({ trace_tag: tag = '' }) => <Link to={['features', 'tag', tag]}>{tag}</Link> },
  { key: 'id', title: 'Run', cell: ({ trace_id: id }) => id ?? '–' },
  { key: 'steps', title: 'Steps', number: true, cell: ({ steps }) => formatCount(steps) },
  { key: 'step', title: 'Last step', cell: ({ last_step: step }) => step ?? '–' },
  { key: 'start', title: 'Began', cell: ({ start_time: start }) => <TimeText us={isoUs(start)} relative /> },
  { key: 'last', title: 'Last heard of', cell: ({ last_time: last }) => <TimeText us={isoUs(last)} relative /> },
];

function LiveRuns(): ReactNode {
  const { data } = useRequest(liveRequest, { everyMs: 3_000 });
  if (data === undefined || data.runs.length === 0) return null;
  return (
    <section className="stack" aria-label="Running now">
      <h2>Running now</h2>
      <Table
        label="Runs that have not finished"
        columns={LIVE_COLUMNS}
        rows={data.runs}
        rowKey={({ trace_tag: tag = '', trace_id: id, start_time: start }) => `${tag} ${id ?? ''} ${start}`}
      />
    </section>
  );
}
