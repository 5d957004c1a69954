import { useMemo, type ReactNode } from 'react';
import { useRequest } from '../api/index.js';
import { Badge, Empty, Notice } from '../design/index.js';
import { Link } from '../router/index.js';
import { CopyCurl, Loaded } from '../shell/index.js';
import { formatDurationUs, TimeText } from '../time/index.js';
import { ChainLine } from './chain-line.js';
import { groupRequest, type DmGroup } from './dm-api.js';
import { jobChains } from './job-chain.js';
import { IdForm } from './trace-view.js';

/** One resolution of a DDL lock over all workers that took part. */
export function GroupView({ groupId }: { readonly groupId: string }): ReactNode {
  return (
    <>
      <IdForm label="Resolution of a DDL lock" placeholder="resolveDDLLock.7" id={groupId} place="group" />
      {groupId === '' ? (
        <Empty title="Which DDL lock?">
          <p>
            Give the group id of its resolution, or choose one in the list of{' '}
            <Link to={['dm', 'events']} query={{ op: 'ddl' }}>
              DDL events
            </Link>
            .
          </p>
        </Empty>
      ) : (
        <Instances groupId={groupId} />
      )}
    </>
  );
}

function Instances({ groupId }: { readonly groupId: string }): ReactNode {
  const request = useMemo(() => groupRequest(groupId), [groupId]);
  const state = useRequest(request);
  return (
    <Loaded state={state} what="Loading the DDL lock">
      {({ instances, truncated }) => (
        <>
          <div className="row">
            <span className="grow soft">{instances.length} workers took part</span>
            <CopyCurl request={request} />
          </div>
          {truncated && <Notice kind="warn">There are more events than were looked at; workers may be missing.</Notice>}
          {instances.map((instance) => (
            <Instance key={`${instance.source ?? ''} ${instance.task ?? ''}`} instance={instance} />
          ))}
        </>
      )}
    </Loaded>
  );
}

function Instance({ instance }: { readonly instance: DmGroup['instances'][number] }): ReactNode {
  const { source = '(unknown)', task = '', executes, firstTso, lastTso, traces } = instance;
  return (
    <section className="pane" aria-label={source}>
      <div className="row">
        <h2 className="break">
          {source} {task}
        </h2>
        {executes === true && <Badge kind="good">executes for all</Badge>}
        {executes === false && <Badge>waits</Badge>}
        <span className="soft">
          <TimeText us={BigInt(firstTso) / 1000n} fraction={6} />,{' '}
          {formatDurationUs(Number(BigInt(lastTso) - BigInt(firstTso)) / 1000)}
        </span>
      </div>
      {traces.flatMap(({ traceId, jobs }) =>
        jobChains({ trace: 0, traceId, binlog: [], jobs, eventsLeft: 0 }).map((chain, at) => (
          <ChainLine key={`${traceId} ${at}`} chain={chain} />
        )),
      )}
    </section>
  );
}
