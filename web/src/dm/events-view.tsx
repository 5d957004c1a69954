import { useMemo, type ReactNode } from 'react';
import { useRequest } from '../api/index.js';
import { Button } from '../design/index.js';
import { setQuery, useRoute } from '../router/index.js';
import { CopyCurl, DownloadButton, Loaded } from '../shell/index.js';
import { formatCounted } from '../time/index.js';
import { eventsRequest, exportRequest } from './dm-api.js';
import { FILTER_FIELDS } from './event-fields.js';
import { EventTable } from './event-table.js';
import { FilterForm, valuesOf, type FilterField } from './filter-form.js';
import { NoEvents } from './no-events.js';

const FIELDS: readonly FilterField[] = [
  ...FILTER_FIELDS,
  {
    key: 'order',
    label: 'Order',
    options: [
      ['', 'newest first'],
      ['oldest', 'oldest first'],
    ],
  },
];

/** All events by whatever they say. */
export function EventsView(): ReactNode {
  const { query } = useRoute();
  const values = valuesOf(query, FIELDS);
  const cursor = query.get('cursor') ?? '';
  const request = useMemo(() => eventsRequest({ ...values, cursor }), [JSON.stringify(values), cursor]);
  const state = useRequest(request);
  return (
    <>
      <FilterForm label="Find events" fields={FIELDS} />
      <Loaded state={state} what="Loading the events">
        {({ events, next }) => (
          <>
            <div className="row">
              <span className="grow soft" role="status">
                {formatCounted(events.length, 'event')}
                {next === undefined ? '' : ', and more'}
              </span>
              <DownloadButton small request={exportRequest(valuesOf(query, FILTER_FIELDS))} file="events.ndjson">
                Download all that match
              </DownloadButton>
              <CopyCurl request={request} />
            </div>
            {events.length === 0 ? (
              <NoEvents filtered={Object.keys(values).length > 0 || cursor !== ''} />
            ) : (
              <EventTable events={events} />
            )}
            {next !== undefined && (
              <div className="row">
                <Button
                  onClick={() => {
                    setQuery({ cursor: next });
                  }}
                >
                  More
                </Button>
              </div>
            )}
          </>
        )}
      </Loaded>
    </>
  );
}
