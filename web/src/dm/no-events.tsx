import type { ReactNode } from 'react';
import { Empty } from '../design/index.js';

/** Nothing is stored, or nothing is left by the filter. */
export function NoEvents({ filtered }: { readonly filtered: boolean }): ReactNode {
  if (filtered)
    return (
      <Empty title="Nothing matches">
        <p>Take parts of the filter away; all of them must hold.</p>
      </Empty>
    );
  const url = new URL('api/v1/dm/import', document.baseURI).href;
  return (
    <Empty
      title="No replication event has come"
      command={`curl ${url} -H 'content-type: application/x-ndjson' --data-binary @events.ndjson`}
    >
      <p>
        Point the tracer address of the DM workers at the span service (gRPC, port 8263), or import events that were
        exported elsewhere:
      </p>
    </Empty>
  );
}
