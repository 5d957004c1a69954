import type { ReactNode } from 'react';
import { Badge } from '../design/index.js';
import { formatDurationUs, TimeText } from '../time/index.js';
import type { DmJob } from './dm-api.js';
import type { ChainStep, JobChain } from './job-chain.js';

const NAMES: Readonly<Record<ChainStep['what'], string>> = {
  binlog: 'read from the binlog',
  queued: 'queued',
  success: 'success',
  error: 'error',
  skipped: 'skipped',
};

/** One job as a line of steps with the times between. */
export function ChainLine({ chain }: { readonly chain: JobChain }): ReactNode {
  return (
    <div className="chain">
      <ol className="chain-steps">
        {chain.steps.map((step, at) => (
          <Step key={at} step={step} />
        ))}
      </ol>
      <Job job={chain.job} />
    </div>
  );
}

function Step({ step }: { readonly step: ChainStep }): ReactNode {
  const { what, tso, afterNs, stuck } = step;
  const kind = stuck === true ? 'warn' : what === 'error' ? 'error' : what === 'success' ? 'good' : '';
  return (
    <li className={`chain-step ${kind}`}>
      {afterNs !== undefined && <span className="chain-gap">{formatDurationUs(Number(afterNs) / 1000)}</span>}
      <span className="chain-name">
        {NAMES[what]}
        {stuck === true ? ', stuck' : ''}
      </span>
      {tso !== undefined && (
        <span className="soft small">
          <TimeText us={BigInt(tso) / 1000n} fraction={6} />
        </span>
      )}
    </li>
  );
}

function Job({ job }: { readonly job: DmJob }): ReactNode {
  const { op, opType, sql, ddls, queueBucket, currentPosition, outcome } = job;
  const statement = sql === undefined || sql === '' ? (ddls ?? []).join('; ') : sql;
  return (
    <div className="row small">
      <Badge>{op ?? `op ${opType}`}</Badge>
      {outcome.startsWith('lone') && <Badge kind="warn">never announced</Badge>}
      {queueBucket !== undefined && <span className="soft">{queueBucket}</span>}
      {currentPosition !== undefined && (
        <span className="soft break">
          {currentPosition.name}:{currentPosition.pos}
        </span>
      )}
      <code className="break" title={statement.slice(0, 4000)}>
        {statement.length > 300 ? `${statement.slice(0, 300)} … (${statement.length} characters)` : statement}
      </code>
    </div>
  );
}
