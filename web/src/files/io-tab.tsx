import type { ReactNode } from 'react';
import { useRequest } from '../api/index.js';
import { TimeChart } from '../charts/time-chart.js';
import { Empty, Figure, Notice, Select } from '../design/index.js';
import { useQueryValue } from '../router/index.js';
import { CopyCurl, Loaded } from '../shell/index.js';
import { formatBytes, formatCount, formatDurationUs, formatShort } from '../time/index.js';
import { withTimes } from './event-choice.js';
import { countersRequest, type CountersAnswer } from './files-api.js';
import type { TabProps } from './tab-props.js';

/** Bytes and operations over the time. */
export default function IoTab({ choice, bounds }: TabProps): ReactNode {
  const [buckets, setBuckets] = useQueryValue('parts', { replace: true });
  const parts = /^\d{2,4}$/.test(buckets) ? buckets : '300';
  const times = { ts_min: choice.from ?? bounds.fromUs, ts_max: choice.to ?? bounds.toUs };
  const state = useRequest(countersRequest({ ...withTimes(choice), ...times, buckets: parts }));
  return (
    <div className="stack">
      <div className="row end">
        <Select label="Parts of the time" value={parts} options={['60', '300', '1000']} onChange={setBuckets} />
        <CopyCurl request={state.request} />
      </div>
      <Loaded state={state} what="Counting bytes and operations">
        {(answer) => (answer.begin_us === null ? <NoTime /> : <Charts answer={answer} beginUs={answer.begin_us} />)}
      </Loaded>
    </div>
  );
}

function NoTime(): ReactNode {
  return <Empty title="No event with a time fits" />;
}

function Charts({ answer, beginUs }: { readonly answer: CountersAnswer; readonly beginUs: number }): ReactNode {
  const seconds = answer.bucket_us / 1e6;
  const x = answer.operations.map((_, at) => beginUs / 1e6 + at * seconds);
  const perSecond = (values: readonly number[]): number[] => values.map((value) => value / seconds);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const [read, written] = [sum(answer.read_bytes), sum(answer.write_bytes)];
  const total = seconds * answer.operations.length;
  const other = answer.operations.map(
    (all, at) => all - (answer.read_operations[at] ?? 0) - (answer.write_operations[at] ?? 0),
  );
  return (
    <>
      <dl className="figures">
        <Figure name="Read" value={formatBytes(read)} more={`${formatBytes(read / total)}/s`} />
        <Figure name="Written" value={formatBytes(written)} more={`${formatBytes(written / total)}/s`} />
        <Figure
          name="Operations"
          value={formatCount(sum(answer.operations))}
          more={`${formatShort(sum(answer.operations) / total)}/s`}
        />
        <Figure name="A part is" value={formatDurationUs(answer.bucket_us)} />
      </dl>
      {answer.untimed > 0 && <Notice kind="warn">{formatCount(answer.untimed)} events have no time.</Notice>}
      <section className="panel">
        <h2>Bandwidth</h2>
        <TimeChart
          label="Bytes read and written per second, over time"
          x={x}
          height={220}
          binary
          format={(value) => `${formatBytes(value)}/s`}
          series={[
            { title: 'Read', colour: '--accent', values: perSecond(answer.read_bytes) },
            { title: 'Written', colour: '--warn', values: perSecond(answer.write_bytes) },
          ]}
        />
      </section>
      <section className="panel">
        <h2>Operations</h2>
        <TimeChart
          label="Operations per second, over time"
          x={x}
          height={220}
          format={(value) => `${formatShort(value)}/s`}
          series={[
            { title: 'Reads', colour: '--accent', values: perSecond(answer.read_operations) },
            { title: 'Writes', colour: '--warn', values: perSecond(answer.write_operations) },
            { title: 'Others', colour: '--good', values: perSecond(other), dashed: true },
          ]}
        />
      </section>
    </>
  );
}
