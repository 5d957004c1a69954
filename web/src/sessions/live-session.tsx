import { useMemo, useRef, useState, type ReactNode } from 'react';
import { getJson, useRequest, type ApiError, type ApiRequest } from '../api/index.js';
import { Button, Dialog, ErrorNotice, Figure } from '../design/index.js';
import { hrefOf, Link, navigate } from '../router/index.js';
import { CopyCurl, Loaded } from '../shell/index.js';
import { formatBytes, formatCount, formatDurationUs, TimeText } from '../time/index.js';
import { LiveCounters } from './live-counters.js';
import { LivePanes } from './live-panes.js';
import { deleteRequest, runRequest, sessionsRequest, summaryRequest, type Summary } from './session-api.js';
import { groupSessions, lostPart, runningUs, type SessionGroup } from './session-groups.js';
import { StateBadge } from './state-badge.js';

const LIVE_MS = 1_000;
const QUIET_MS = 5_000;

/** One session, or those of one group: figures as it runs, and ways to its file. */
export function LiveSession({ id }: { readonly id: string }): ReactNode {
  const [active, setActive] = useState(true);
  const everyMs = active ? LIVE_MS : QUIET_MS;
  const state = useRequest(
    useMemo(() => sessionsRequest(id), [id]),
    { everyMs },
  );
  const summary = useRequest(
    useMemo(() => summaryRequest(id), [id]),
    { everyMs },
  );
  const group = useMemo(() => {
    const [first, ...others] = state.data === undefined ? [] : groupSessions(state.data);
    return others.length === 0 ? first : undefined;
  }, [state.data]);
  const running = group?.state === 'running';
  if (active !== (running || group === undefined)) setActive(running || group === undefined);
  const counters = useCounters(group, summary.data);
  return (
    <Loaded state={state} what="Loading the session">
      {() =>
        group === undefined ? null : (
          <>
            <Head group={group} onChanged={state.retry} />
            <Loss group={group} />
            <LivePanes
              id={id}
              group={group}
              counters={counters}
              summary={summary.data}
              summaryProblem={summary.error?.message}
            />
          </>
        )
      }
    </Loaded>
  );
}

/** Feeds each new look into the counters once. */
function useCounters(group: SessionGroup | undefined, summary: Summary | undefined): LiveCounters {
  const counters = useRef(new LiveCounters());
  const seen = useRef<SessionGroup>(undefined);
  if (group !== undefined && group !== seen.current) {
    seen.current = group;
    const calls = Object.entries(summary?.calls ?? {}).map(([name, { count }]) => [name, count] as const);
    counters.current.take({
      atMs: Date.now(),
      events: group.events,
      lost: group.lost,
      calls: Object.fromEntries(calls),
    });
  }
  return counters.current;
}

function Head({ group, onChanged }: { readonly group: SessionGroup; readonly onChanged: () => void }): ReactNode {
  const { id, context, hook, parameters, nodes, containers, tasks, bytes, startedAtUs, reasons } = group;
  const tookUs = runningUs(group, Date.now() * 1000);
  return (
    <section className="stack" aria-label="Session">
      <div className="row">
        <h2 className="break">{context === '' ? hook : context}</h2>
        <StateBadge state={group.state} />
        <span className="soft break">{reasons.join('; ')}</span>
        <span className="grow" />
        <CopyCurl request={summaryRequest(id)} />
        <Actions group={group} onChanged={onChanged} />
      </div>
      <dl className="figures">
        <Figure name="Events" value={formatCount(group.events)} />
        <Figure name="Duration" value={tookUs === undefined ? 'has not run' : formatDurationUs(tookUs)} />
        <Figure name="Started" value={startedAtUs === undefined ? '–' : <TimeText us={startedAtUs} fraction={0} />} />
        <Figure name="Containers" value={`${formatCount(containers)} on ${nodes.join(', ')}`} />
        <Figure name={group.state === 'running' ? 'Threads now' : 'Threads'} value={formatCount(tasks)} />
        <Figure name="File" value={formatBytes(bytes)} />
      </dl>
      <p className="soft break">
        <code>{`${hook} ${parameters}`.trim()}</code> on <Containers group={group} />
      </p>
      <Files group={group} />
    </section>
  );
}

function Containers({ group }: { readonly group: SessionGroup }): ReactNode {
  const names = group.sessions.flatMap(({ Containers: pods, Node }) =>
    Object.entries(pods).map(
      ([pod, list]) => `${pod} (${list.join(', ')})${group.nodes.length > 1 ? ` on ${Node}` : ''}`,
    ),
  );
  const shown = names.slice(0, 4).join('; ');
  return (
    <span title={names.join('\n')}>
      {shown}
      {names.length > 4 ? ` and ${names.length - 4} more pods` : ''}
    </span>
  );
}

/** The stored sessions, in the same views as every other trace file. */
function Files({ group }: { readonly group: SessionGroup }): ReactNode {
  if (group.files.length === 0) return null;
  return (
    <div className="row">
      {group.sessions.map(({ file, Node }) =>
        file === undefined || !group.files.includes(file) ? null : (
          <span key={file} className="row">
            <Link to={['files', 'timeline']} query={{ file }} className="button primary">
              Timeline{group.nodes.length > 1 ? ` of ${Node}` : ''}
            </Link>
            <Link to={['files', 'summary']} query={{ file }} className="button">
              Summary of the file
            </Link>
          </span>
        ),
      )}
      {group.state === 'running' && <span className="soft">The file is complete when the session is stopped.</span>}
    </div>
  );
}

function Loss({ group }: { readonly group: SessionGroup }): ReactNode {
  const { lost } = group;
  const percent = (lostPart(group) * 100).toPrecision(2);
  return (
    <section className={`loss ${lost > 0 ? 'some' : ''}`} aria-label="Lost events">
      <strong>{formatCount(lost)}</strong>
      {lost === 0 ? (
        <span>events lost: the kernel dropped nothing</span>
      ) : (
        <span role="alert">
          events lost, {percent} % of all: figures and timeline have gaps. Trace fewer calls or containers.
        </span>
      )}
    </section>
  );
}

function Actions({ group, onChanged }: { readonly group: SessionGroup; readonly onChanged: () => void }): ReactNode {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const [asking, setAsking] = useState(false);
  const act = async (request: ApiRequest, done: () => void): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      await getJson(request);
      done();
    } catch (reason) {
      setError(reason as ApiError);
    } finally {
      setBusy(false);
    }
  };
  const remove = (purge: boolean): void => {
    setAsking(false);
    void act(deleteRequest(group.id, purge), () => {
      navigate(hrefOf(['sessions']));
    });
  };
  const running = group.state === 'running';
  return (
    <>
      <Button
        look={running ? 'danger' : 'primary'}
        disabled={busy}
        onClick={() => void act(runRequest(group.id, !running), onChanged)}
      >
        {running ? 'Stop' : group.startedAtUs === undefined ? 'Start' : 'Start again'}
      </Button>
      <Button
        disabled={busy}
        onClick={() => {
          setAsking(true);
        }}
      >
        Delete …
      </Button>
      {error !== undefined && <ErrorNotice what="Changing the session" error={error} />}
      {asking && (
        <DeleteDialog
          group={group}
          onDelete={remove}
          onClose={() => {
            setAsking(false);
          }}
        />
      )}
    </>
  );
}

interface DeleteProps {
  readonly group: SessionGroup;
  readonly onDelete: (purge: boolean) => void;
  readonly onClose: () => void;
}

function DeleteDialog({ group, onDelete, onClose }: DeleteProps): ReactNode {
  return (
    <Dialog title="Delete this session?" onClose={onClose}>
      <p>
        It is stopped and forgotten.{' '}
        {group.files.length > 0 && `Its trace file of ${formatBytes(group.bytes)} can stay.`}
      </p>
      <div className="row">
        <Button
          onClick={() => {
            onDelete(false);
          }}
        >
          Forget the session
        </Button>
        <Button
          look="danger"
          onClick={() => {
            onDelete(true);
          }}
        >
          Delete the trace file as well
        </Button>
      </div>
    </Dialog>
  );
}
