import { useMemo, useState, type ReactNode } from 'react';
import { useRequest } from '../api/index.js';
import { Button, Empty, ErrorNotice, Field, Select, Spinner } from '../design/index.js';
import { hrefOf, navigate, setQuery, useQueryValue, useRoute } from '../router/index.js';
import { CopyCurl } from '../shell/index.js';
import { formatCount, formatCounted } from '../time/index.js';
import { FoundTraces } from './found-traces.js';
import { LOOKBACKS } from './lookback.js';
import { ScatterPlot } from './scatter-plot.js';
import { searchOf, type SearchProblems } from './search-query.js';
import { searchRequest, servicesRequest } from './span-api.js';
import { useSearch, type SearchState } from './use-search.js';

const CONDITIONS_HELP =
  'Compare with = != ~ (contains) > <. Conditions side by side must all hold in one span; “or” stands between alternatives.';
const FIELDS = ['service', 'name', 'kind', 'status', 'min', 'max', 'where', 'back', 'from', 'to', 'sort'] as const;
const KINDS = ['', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER', 'INTERNAL'];

/** Finds traces by their spans. The search is in the address; it runs when the form is sent. */
export function SearchView(): ReactNode {
  const { query } = useRoute();
  const key = FIELDS.map((field) => query.get(field) ?? '').join('\n');
  // The time of a lookback is that of the search, not of the latest drawing.
  const { body, problems } = useMemo(() => searchOf(query, Date.now() * 1000), [key]);
  const isSound = Object.keys(problems).length === 0;
  const state = useSearch(isSound ? body : undefined);
  const [view] = useQueryValue('view');
  return (
    <>
      <OpenTrace />
      <SearchForm key={key} query={query} problems={problems} />
      <ResultHead state={state} view={view} body={searchRequest(body)} />
      {state.error !== undefined && <ErrorNotice what="Searching" error={state.error} onRetry={state.retry} />}
      <Found state={state} view={view} isSearched={isSound} filtered={key.trim() !== ''} />
    </>
  );
}

interface FoundProps {
  readonly state: SearchState;
  readonly view: string;
  readonly isSearched: boolean;
  readonly filtered: boolean;
}

function Found({ state, view, isSearched, filtered }: FoundProps): ReactNode {
  const { traces, busy, error, more } = state;
  const isEmpty = traces.length === 0;
  return (
    <>
      {!isEmpty && (view === 'dots' ? <ScatterPlot traces={traces} /> : <FoundTraces traces={traces} />)}
      {isEmpty && !busy && isSearched && error === undefined && <NothingFound filtered={filtered} state={state} />}
      {busy && <Spinner label="Searching …" />}
      {more && !busy && (
        <div className="row">
          <Button onClick={more}>Search further</Button>
        </div>
      )}
    </>
  );
}

/** Goes to a trace by its id. */
function OpenTrace(): ReactNode {
  const [id, setId] = useState('');
  const text = id.trim().toLowerCase();
  const isId = /^[0-9a-f]{1,32}$/.test(text);
  return (
    <form
      className="row end"
      aria-label="Open a trace"
      onSubmit={(event) => {
        event.preventDefault();
        if (isId) navigate(hrefOf(['spans', 'trace', text]));
      }}
    >
      <Field
        label="Trace id"
        placeholder="1 to 32 hexadecimal digits"
        value={id}
        problem={text === '' || isId ? undefined : 'Only the digits 0-9 and a-f'}
        onChange={(event) => {
          setId(event.target.value);
        }}
      />
      <Button type="submit" disabled={!isId}>
        Open
      </Button>
    </form>
  );
}

interface FormProps {
  readonly query: URLSearchParams;
  readonly problems: SearchProblems;
}

function SearchForm({ query, problems }: FormProps): ReactNode {
  const services = useRequest(servicesRequest);
  const [draft, setDraft] = useState<Readonly<Record<string, string>>>(() =>
    Object.fromEntries(FIELDS.map((field) => [field, query.get(field) ?? ''])),
  );
  const given = (
    field: (typeof FIELDS)[number],
  ): { value: string; onChange: (event: { target: { value: string } }) => void } => ({
    value: draft[field] ?? '',
    onChange: ({ target }) => {
      setDraft((before) => ({ ...before, [field]: target.value }));
    },
  });
  const choose =
    (field: string) =>
    (value: string): void => {
      // A fixed time from a picture gives way to a chosen one.
      const time = field === 'back' ? { from: '', to: '' } : {};
      setQuery({ ...draft, ...time, [field]: value });
    };
  const fixed = (draft['from'] ?? '') !== '';
  return (
    <form
      className="filter-form search-form"
      aria-label="Search"
      onSubmit={(event) => {
        event.preventDefault();
        setQuery(draft);
      }}
    >
      <Field label="Service" placeholder="any" options={[...(services.data?.services ?? [])]} {...given('service')} />
      <Field label="Span name" placeholder="any" {...given('name')} />
      <Field
        label="Attributes"
        className="mono"
        placeholder='http.method = GET, url ~ "/cart" or size > 1000'
        title={CONDITIONS_HELP}
        problem={problems.where}
        {...given('where')}
      />
      <Field label="At least" placeholder="5ms" problem={problems.min} {...given('min')} />
      <Field label="At most" placeholder="2s" problem={problems.max} {...given('max')} />
      <Select
        label="Kind"
        value={draft['kind'] ?? ''}
        options={KINDS.map((kind) => [kind, kind || 'any'] as const)}
        onChange={choose('kind')}
      />
      <Select
        label="Outcome"
        value={draft['status'] ?? ''}
        options={[
          ['', 'any'],
          ['error', 'failed'],
          ['ok', 'not failed'],
        ]}
        onChange={choose('status')}
      />
      <Select
        label="Time"
        value={fixed ? 'fixed' : draft['back'] === '' ? '1d' : draft['back']}
        options={fixed ? [['fixed', 'As chosen in the picture'], ...LOOKBACKS] : LOOKBACKS}
        onChange={choose('back')}
      />
      <Select
        label="Order"
        value={draft['sort'] ?? ''}
        options={[
          ['', 'Newest first'],
          ['duration', 'Longest span first'],
        ]}
        onChange={choose('sort')}
      />
      <div className="row end">
        <Button look="primary" type="submit">
          Search
        </Button>
        <Button
          onClick={() => {
            navigate(hrefOf(['spans']));
          }}
        >
          Clear
        </Button>
      </div>
    </form>
  );
}

interface HeadProps {
  readonly state: SearchState;
  readonly view: string;
  readonly body: ReturnType<typeof searchRequest>;
}

function ResultHead({ state, view, body }: HeadProps): ReactNode {
  const { traces, matched, scanned, more, busy } = state;
  const tab = (key: string, title: string): ReactNode => (
    <Button
      small
      pressed={(view === 'dots') === (key === 'dots')}
      onClick={() => {
        setQuery({ view: key });
      }}
    >
      {title}
    </Button>
  );
  return (
    <div className="row">
      <span className="grow soft" role="status">
        {traces.length === 0 && busy
          ? ''
          : `${formatCounted(traces.length, 'trace')}: ${formatCount(matched)} of ${formatCounted(scanned, 'span')} looked at match${more ? '; there may be more' : '; all was searched'}`}
      </span>
      {tab('', 'Table')}
      {tab('dots', 'Scatter plot')}
      <CopyCurl request={body} />
    </div>
  );
}

function NothingFound({ filtered, state }: { readonly filtered: boolean; readonly state: SearchState }): ReactNode {
  if (state.more)
    return (
      <Empty title="No match so far">
        <p>
          {formatCounted(state.scanned, 'span')} were looked at, the newest first. Search further, or narrow the search.
        </p>
      </Empty>
    );
  if (filtered)
    return (
      <Empty title="No trace matches">
        <p>
          All parts of the search must hold in one span, of the attributes those of one alternative between “or”. Try a
          longer time or fewer parts.
        </p>
      </Empty>
    );
  const endpoint = new URL('.', document.baseURI).href.replace(/\/$/, '');
  return (
    <Empty
      title="No spans of the last day"
      command={`OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint} OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`}
    >
      <p>Point an OpenTelemetry SDK here with two variables, or send one span with curl:</p>
      <pre className="mono">{`curl -i ${endpoint}/api/v2/spans -H 'content-type: application/json' -d '[{
  "traceId":"463ac35c9f6413ad","id":"72485a3953bb6124","kind":"SERVER","name":"get /",
  "timestamp":'$(date +%s%6N)',"duration":1500,"localEndpoint":{"serviceName":"front"}}]'`}</pre>
    </Empty>
  );
}
