import type { ReactNode } from 'react';
import { useRequest } from '../api/index.js';
import { Empty, Spinner } from '../design/index.js';
import { Loaded } from '../shell/index.js';
import { useContainerGroups } from './container-groups.js';
import { conditionsOf } from './event-choice.js';
import { lanesRequest } from './files-api.js';
import type { TabProps } from './tab-props.js';
import { Timeline } from './timeline/timeline.js';

export default function TimelineTab({ choice, bounds }: TabProps): ReactNode {
  const state = useRequest(lanesRequest(conditionsOf(choice)));
  const { pending, groupOf } = useContainerGroups(choice.files);
  if (pending) return <Spinner label="Asking for the containers of the session …" />;
  return (
    <Loaded state={state} what="Loading the lanes">
      {({ lanes }) =>
        lanes.length === 0 ? (
          <Empty title="No event fits">
            <p>Change or clear the filter.</p>
          </Empty>
        ) : (
          <Timeline choice={choice} bounds={bounds} lanes={lanes} {...(groupOf && { groupOf })} />
        )
      }
    </Loaded>
  );
}
