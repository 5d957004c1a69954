import type { ReactNode } from 'react';
import { useRequest } from '../../api/index.js';
import { Button, type Column, Figure, Notice, Table } from '../../design/index.js';
import { epochUs, type Area, type TimeBounds } from '../../lanes/index.js';
import { CopyCurl, Loaded } from '../../shell/index.js';
import { formatBytes, formatCount, formatDurationUs } from '../../time/index.js';
import { queryBody, type EventChoice } from '../event-choice.js';
import { groupsRequest, type GroupsAnswer } from '../files-api.js';

interface AreaPanelProps {
  readonly area: Area;
  /** Lanes that there are: an area over all of them needs no condition. */
  readonly allLanes: number;
  readonly bounds: TimeBounds;
  readonly choice: EventChoice;
  readonly onZoom: () => void;
  readonly onClose: () => void;
}

type Group = GroupsAnswer['groups'][number];

const value = ({ values }: Group, key: string): number => values[key] ?? 0;
const COLUMNS: readonly Column<Group>[] = [
  { key: 'name', title: 'Name', cell: ({ key }) => String(key['name'] ?? '(no name)') },
  { key: 'count', title: 'Calls', number: true, cell: (group) => formatCount(value(group, 'count')) },
  { key: 'sum', title: 'Time', number: true, cell: (group) => formatDurationUs(value(group, 'sum')) },
  { key: 'p50', title: 'p50', number: true, cell: (group) => formatDurationUs(value(group, 'p50')) },
  { key: 'p99', title: 'p99', number: true, cell: (group) => formatDurationUs(value(group, 'p99')) },
  { key: 'bytes', title: 'Bytes', number: true, cell: (group) => formatBytes(value(group, 'bytes')) },
];

/** Sums over a part of the time of some lanes, by name. */
export function AreaPanel({ area, allLanes, bounds, choice, onZoom, onClose }: AreaPanelProps): ReactNode {
  const state = useRequest(groupsRequest(areaBody(area, allLanes, bounds, choice)));
  return (
    <aside className="tl-panel" aria-label="Selected area">
      <div className="row">
        <h2 className="grow">
          {formatDurationUs(area.toUs - area.fromUs)} of {formatCount(area.lanes.length)}{' '}
          {area.lanes.length === 1 ? 'lane' : 'lanes'}
        </h2>
        <Button small onClick={onZoom}>
          Zoom to it
        </Button>
        <Button small look="plain" title="Close the sums (Esc)" onClick={onClose}>
          ✕
        </Button>
      </div>
      <Loaded state={state} what="Summing up the area">
        {({ groups, matched, truncated, left_out: leftOut }) => (
          <>
            <dl className="figures" aria-label="Sums">
              <Figure name="Calls" value={formatCount(matched)} />
              <Figure name="Time in calls" value={formatDurationUs(sum(groups, 'sum'))} />
              <Figure name="Bytes" value={formatBytes(sum(groups, 'bytes'))} />
            </dl>
            {(truncated || leftOut > 0) && (
              <Notice kind="warn">
                The {formatCount(groups.length)} names with the most time are shown
                {leftOut > 0 ? `; ${formatCount(leftOut)} events of further names are not counted` : ''}.
              </Notice>
            )}
            <Table label="Sums by name" columns={COLUMNS} rows={groups} rowKey={({ key }) => String(key['name'])} />
            <p className="soft">Calls that reach into the area count whole.</p>
          </>
        )}
      </Loaded>
      <CopyCurl request={state.request} />
    </aside>
  );
}

const sum = (groups: readonly Group[], key: string): number =>
  groups.reduce((total, group) => total + value(group, key), 0);

function areaBody(area: Area, allLanes: number, bounds: TimeBounds, choice: EventChoice): object {
  const numbers = (at: 0 | 1): number[] =>
    [...new Set(area.lanes.map((lane) => lane.split(':')[at] ?? '').filter((text) => text !== ''))].map(Number);
  const lanes =
    area.lanes.length >= allLanes
      ? []
      : ([
          ['pid', numbers(0)],
          ['tid', numbers(1)],
        ] as const);
  return {
    ...queryBody(choice),
    ts_min: Number(epochUs(area.fromUs, bounds)),
    ts_max: Number(epochUs(area.toUs, bounds)),
    overlap: true,
    filters: lanes.filter(([, list]) => list.length > 0).map(([field, list]) => ({ field, op: 'in', value: list })),
    group_by: ['name'],
    aggregate: ['sum', 'count', 'p50', 'p99', 'bytes'],
    limit: 500,
  };
}
