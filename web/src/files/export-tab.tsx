import { useState, type ReactNode } from 'react';
import type { ApiRequest } from '../api/index.js';
import { Button, ErrorNotice, Notice } from '../design/index.js';
import { CopyCurl, saveAnswer } from '../shell/index.js';
import { withTimes } from './event-choice.js';
import type { TabProps } from './tab-props.js';

const FORMATS = [
  {
    format: 'chrome',
    name: 'Chrome trace JSON',
    file: 'trace.json',
    text: 'Any size. Opens in Perfetto and chrome://tracing.',
  },
  {
    format: 'perfetto',
    name: 'Perfetto',
    file: 'trace.perfetto-trace',
    text: 'Named tracks and arguments; up to 1 million events.',
  },
  {
    format: 'speedscope',
    name: 'speedscope',
    file: 'trace.speedscope.json',
    text: 'A profile for each thread; up to 4 million events.',
  },
  {
    format: 'folded',
    name: 'Folded stacks',
    file: 'trace.folded',
    text: 'For flame graph tools; up to 4 million events.',
  },
  {
    format: 'parquet',
    name: 'Parquet',
    file: 'trace.parquet',
    text: 'A row for each event, any size. For pandas, DuckDB and the like.',
  },
] as const;

const EVENTS = {
  name: 'NDJSON',
  file: 'trace.pfw',
  text: 'The events as they stand in the files, one a line. Any size.',
} as const;

/** The events of the filter and the window, in the formats of other tools. */
export default function ExportTab({ choice }: TabProps): ReactNode {
  const query = withTimes(choice);
  const window = choice.from !== undefined || choice.to !== undefined;
  return (
    <div className="stack">
      <p className="soft">
        {window ? 'The window of time that the timeline shows' : 'All of the time'}, with the filter above.
      </p>
      <div className="export-list">
        {FORMATS.map(({ format, ...shown }) => (
          <Format key={format} {...shown} request={{ path: '/api/v1/export', query: { ...query, format } }} />
        ))}
        <Format {...EVENTS} request={{ path: '/api/v1/events/stream', query }} />
      </div>
      <Notice>
        <span>
          Perfetto runs in the browser and keeps the file there, but its page comes from the internet; speedscope is
          built in here, under <b>Calls</b>.
        </span>
      </Notice>
    </div>
  );
}

interface FormatProps {
  readonly name: string;
  readonly file: string;
  readonly text: string;
  readonly request: ApiRequest;
}

function Format({ name, file, text, request }: FormatProps): ReactNode {
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const [round, setRound] = useState(0);
  const download = (): void => {
    setBusy(true);
    setError(undefined);
    saveAnswer(request, file)
      .catch((reason: unknown) => setError(reason instanceof Error ? reason : new Error(String(reason))))
      .finally(() => {
        setBusy(false);
        setRound(round + 1);
      });
  };
  return (
    <div className="export-card">
      <h2>{name}</h2>
      <p className="soft grow">{text}</p>
      {error !== undefined && <ErrorNotice what={`Exporting ${name}`} error={error} onRetry={download} />}
      <div className="row">
        <Button disabled={busy} onClick={download}>
          {busy ? 'Preparing …' : `Download ${file}`}
        </Button>
        <CopyCurl request={request} />
      </div>
    </div>
  );
}
