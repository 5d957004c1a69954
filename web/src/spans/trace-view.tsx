import { useEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from 'react';
import { Button, Empty, ErrorNotice, Figure, Notice, Spinner } from '../design/index.js';
import { Link } from '../router/index.js';
import { CopyCurl, DownloadButton } from '../shell/index.js';
import { formatCount, formatCounted, formatDurationUs, TimeText } from '../time/index.js';
import { exportRequest, windowRequest, type ExportFormat } from './span-api.js';
import { MOST_LOADED_ROWS, TraceLoader, type TraceFacts } from './trace-loader.js';
import { Waterfall } from './waterfall.js';

/** Loads a trace while the calling view shows it. */
export function useTrace(id: string): TraceLoader {
  const loader = useMemo(() => new TraceLoader(id), [id]);
  useEffect(() => {
    loader.start();
  }, [loader]);
  useEffect(
    () => () => {
      loader.stop();
    },
    [loader],
  );
  useSyncExternalStore(loader.subscribe, loader.snapshot);
  return loader;
}

/** One trace as a waterfall. */
export function TraceView({ id }: { readonly id: string }): ReactNode {
  const loader = useTrace(id);
  const { facts, columns, error } = loader;
  if (facts === undefined || columns === undefined) {
    if (error?.status === 404)
      return (
        <Empty title="This trace is not stored">
          <p>It may not have arrived, or retention has dropped it. Spans appear here as soon as they are committed.</p>
          <Button onClick={loader.start}>Look again</Button>
        </Empty>
      );
    return error === undefined ? (
      <Spinner label="Loading the trace …" />
    ) : (
      <ErrorNotice what="Loading the trace" error={error} onRetry={loader.start} />
    );
  }
  return (
    <>
      <Head facts={facts} title={`${columns.serviceOf(0)}: ${columns.nameOf(0)}`} />
      {error !== undefined && <ErrorNotice what="Loading the rest of the trace" error={error} onRetry={loader.start} />}
      {!columns.isComplete && columns.total > MOST_LOADED_ROWS && columns.loadedRows >= MOST_LOADED_ROWS && (
        <Notice kind="warn">
          Minimap, critical path and search know the first {formatCount(columns.loadedRows)} of{' '}
          {formatCounted(columns.total, 'span')}. All can be scrolled to.
        </Notice>
      )}
      <Waterfall loader={loader} facts={facts} columns={columns} />
    </>
  );
}

const FORMATS: readonly (readonly [ExportFormat, string])[] = [
  ['otlp', 'OTLP'],
  ['zipkin', 'Zipkin'],
  ['chrome', 'Chrome'],
  ['ats', 'ATS'],
];

function Head({ facts, title }: { readonly facts: TraceFacts; readonly title: string }): ReactNode {
  const { traceId, spanCount, errorCount, orphanCount, maxDepth, services, startUs, durationUs } = facts;
  const [shown, setShown] = useState(false);
  const figures: readonly (readonly [string, ReactNode])[] = [
    ['Duration', durationUs === undefined ? 'unknown' : formatDurationUs(durationUs)],
    ['Began', startUs === undefined ? 'unknown' : <TimeText us={startUs} />],
    ['Spans', formatCount(spanCount)],
    ['Failed', <span className={errorCount > 0 ? 'failed-text' : undefined}>{formatCount(errorCount)}</span>],
    ['Services', formatCount(services.length)],
    ['Depth', formatCount(maxDepth + 1)],
    ...(orphanCount > 0 ? ([['Parent missing', formatCount(orphanCount)]] as const) : []),
  ];
  return (
    <section className="stack tight" aria-label="Trace">
      <div className="row">
        <h2 className="break">{title}</h2>
        <code className="soft break">{traceId}</code>
        <span className="grow" />
        <Link to={['spans', 'compare']} query={{ a: traceId }} className="button small">
          Compare with …
        </Link>
        <Button
          small
          pressed={shown}
          onClick={() => {
            setShown(!shown);
          }}
        >
          Download
        </Button>
        <CopyCurl request={windowRequest(traceId, { limit: 1000 })} />
      </div>
      {shown && (
        <div className="row" role="group" aria-label="Download as">
          {FORMATS.map(([format, name]) => (
            <DownloadButton
              key={format}
              small
              request={exportRequest(traceId, format)}
              file={`${traceId}.${format}.json`}
            >
              {name}
            </DownloadButton>
          ))}
        </div>
      )}
      <dl className="figures">
        {figures.map(([name, value]) => (
          <Figure key={name} name={name} value={value} />
        ))}
      </dl>
    </section>
  );
}
