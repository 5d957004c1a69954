import { useMemo, type ReactNode } from 'react';
import { useRequest } from '../../api/index.js';
import { Button, Empty, Notice, Select } from '../../design/index.js';
import { setQuery, useQueryValue, useRoute } from '../../router/index.js';
import { CopyCurl, Loaded } from '../../shell/index.js';
import { formatCount, formatCounted } from '../../time/index.js';
import { choiceOf, queryBody } from '../event-choice.js';
import { groupsRequest, type GroupsAnswer } from '../files-api.js';
import { FIGURES, pairGroups, sortPairs, type PairSort } from './compare-groups.js';
import { ComparisonTable } from './comparison-table.js';
import { hasOtherSide, otherSideOf, sameOnOtherSide } from './other-side.js';
import { Sides } from './sides.js';

const MOST_GROUPS = 5_000;
const MOST_SHOWN = 300;

const BY: readonly { readonly key: string; readonly title: string; readonly fields: readonly string[] }[] = [
  { key: '', title: 'Names', fields: ['name', 'cat'] },
  { key: 'cat', title: 'Categories', fields: ['cat'] },
  { key: 'fname', title: 'Files read and written', fields: ['fname'] },
  { key: 'size', title: 'Sizes of reads and writes', fields: ['size'] },
  { key: 'hostname', title: 'Hosts', fields: ['hostname'] },
];
const SORTS: readonly PairSort[] = ['change', 'count', 'mean', 'p95', 'bytes', 'key'];

/** Two choices of events side by side: what takes longer in one than in the other. */
export default function CompareTab(): ReactNode {
  const { query } = useRoute();
  return (
    <div className="stack">
      <Sides query={query} />
      {hasOtherSide(query) ? <Comparison query={query} /> : <NothingToCompare query={query} />}
    </div>
  );
}

function NothingToCompare({ query }: { readonly query: URLSearchParams }): ReactNode {
  return (
    <Empty title="Choose what to compare with">
      <p>
        B can be another file, another directory, or another time of the same files: take what is shown as B, then
        choose something else for A in the timeline and come back.
      </p>
      <Button look="primary" onClick={() => setQuery(sameOnOtherSide(query))}>
        Take what is shown as B
      </Button>
    </Empty>
  );
}

function Comparison({ query }: { readonly query: URLSearchParams }): ReactNode {
  const [byKey, setBy] = useQueryValue('by');
  const by = BY.find(({ key }) => key === byKey) ?? BY[0];
  const fields = by?.fields ?? ['name'];
  const [a, b] = [requestOf(query, fields), requestOf(otherSideOf(query), fields)];
  const [inA, inB] = [useRequest(a), useRequest(b)];
  return (
    <>
      <div className="row end">
        <Select
          label="By"
          value={by?.key ?? ''}
          options={BY.map(({ key, title }) => [key, title] as const)}
          onChange={setBy}
        />
        <span className="grow" />
        <CopyCurl request={a}>A as curl</CopyCurl>
        <CopyCurl request={b}>B as curl</CopyCurl>
      </div>
      <Loaded state={inA} what="Adding up A">
        {(first) => (
          <Loaded state={inB} what="Adding up B">
            {(second) => <Differences a={first} b={second} by={fields} />}
          </Loaded>
        )}
      </Loaded>
    </>
  );
}

function requestOf(query: URLSearchParams, by: readonly string[]): ReturnType<typeof groupsRequest> {
  const body = { ...queryBody(choiceOf(query)), group_by: by, aggregate: FIGURES, limit: MOST_GROUPS };
  return groupsRequest(body);
}

interface DifferencesProps {
  readonly a: GroupsAnswer;
  readonly b: GroupsAnswer;
  readonly by: readonly string[];
}

function Differences({ a, b, by }: DifferencesProps): ReactNode {
  const [sortText, setSort] = useQueryValue('sort', { replace: true });
  const sort = SORTS.find((one) => one === sortText) ?? 'change';
  const pairs = useMemo(() => pairGroups(a.groups, b.groups, by), [a, b, by]);
  const sorted = useMemo(() => sortPairs(pairs, sort), [pairs, sort]);
  const [onlyA, onlyB] = [pairs.filter((pair) => !pair.b).length, pairs.filter((pair) => !pair.a).length];
  return (
    <>
      <p role="status">
        A: {formatCounted(a.matched, 'event')}. B: {formatCounted(b.matched, 'event')}.{' '}
        {formatCount(pairs.length - onlyA - onlyB)} rows are in both,{' '}
        <span className="only-a">{formatCount(onlyA)} only in A</span>,{' '}
        <span className="only-b">{formatCount(onlyB)} only in B</span>.
      </p>
      {[
        { side: 'A', answer: a },
        { side: 'B', answer: b },
      ].map(({ side, answer }) => (
        <LeftOut key={side} side={side} answer={answer} />
      ))}
      {pairs.length === 0 ? (
        <Empty title="No event fits">
          <p>Neither side has an event. Change or clear the filter.</p>
        </Empty>
      ) : (
        <ComparisonTable by={by} pairs={sorted.slice(0, MOST_SHOWN)} sort={sort} onSort={setSort} />
      )}
      {sorted.length > MOST_SHOWN && (
        <p className="soft">{formatCount(sorted.length - MOST_SHOWN)} more rows differ less.</p>
      )}
    </>
  );
}

function LeftOut({ side, answer }: { readonly side: string; readonly answer: GroupsAnswer }): ReactNode {
  const { groups, total_groups: total, truncated, left_out: leftOut } = answer;
  if (!truncated && leftOut === 0) return null;
  return (
    <Notice kind="warn">
      Of {side} the {formatCount(groups.length)} rows with the most time of {formatCount(total)} are compared
      {leftOut > 0 ? `; ${formatCounted(leftOut, 'event')} of further ones are not counted` : ''}. “Only in” may mean
      that the other side has it among those.
    </Notice>
  );
}
