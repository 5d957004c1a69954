import { useCallback, useState, type ReactNode } from 'react';
import { Button, Empty, Notice } from '../design/index.js';
import { useRoute } from '../router/index.js';
import { CopyCurl, useShortcuts } from '../shell/index.js';
import { formatCount, formatCounted } from '../time/index.js';
import { liveEventsRequest } from './dm-api.js';
import { EventTable } from './event-table.js';
import { LIVE_FIELDS } from './event-fields.js';
import { FilterForm, valuesOf } from './filter-form.js';
import { useLiveEvents } from './use-live-events.js';

/** Events as they come. Held still, it goes on receiving: nothing is missed without being counted. */
export function LiveEventsView(): ReactNode {
  const { query } = useRoute();
  const values = valuesOf(query, LIVE_FIELDS);
  const [held, setHeld] = useState(false);
  const requestAfter = useCallback(
    (after: number | undefined) => liveEventsRequest({ ...values, after }),
    [JSON.stringify(values)],
  );
  const { events, received, waiting, unseen, problem } = useLiveEvents(requestAfter, held);
  const toggle = (): void => {
    setHeld((before) => !before);
  };
  useShortcuts('Live events', [{ keys: ['p'], label: 'Hold the list, or let it go on', run: toggle }]);
  return (
    <>
      <FilterForm label="Follow events" fields={LIVE_FIELDS} />
      <div className="row">
        <span className="grow soft" role="status">
          {formatCounted(received, 'event')} since this view was opened
          {held ? `; ${formatCount(waiting)} ${waiting === 1 ? 'waits' : 'wait'} until the list goes on` : ''}
          {unseen > 0 ? `; ${formatCount(unseen)} went by unseen` : ''}
        </span>
        <Button pressed={held} title="Hold or go on (p)" onClick={toggle}>
          {held ? `Go on${waiting > 0 ? ` (${formatCount(waiting)})` : ''}` : 'Hold'}
        </Button>
        <CopyCurl request={requestAfter(undefined)} />
      </div>
      {problem !== undefined && (
        <Notice kind="warn">{problem} The stream is opened again every two seconds and goes on where it was.</Notice>
      )}
      {events.length === 0 ? (
        <Empty title="Waiting for events">
          <p>Events show here as workers report them{Object.keys(values).length > 0 ? ' and the filter fits' : ''}.</p>
        </Empty>
      ) : (
        <EventTable events={events} />
      )}
    </>
  );
}
