import type { ReactNode } from 'react';
import { useRequest, type ApiRequest } from '../api/index.js';
import { Table } from '../design/index.js';
import { CopyCurl, Loaded } from '../shell/index.js';

interface FilesAnswer {
  readonly files: readonly { readonly path: string; readonly state: string }[];
}

const FILES: ApiRequest<FilesAnswer> = { path: '/api/v1/files' };

export default function FilesPage(): ReactNode {
  const files = useRequest(FILES, { everyMs: 3000 });
  return (
    <div className="stack">
      <div className="row">
        <h1 className="grow">Files</h1>
        <CopyCurl request={files.request} />
      </div>
      <Loaded state={files} what="Loading the files">
        {({ files: rows }) => (
          <Table
            label="Trace files"
            rows={rows}
            rowKey={({ path }) => path}
            columns={[
              { key: 'path', title: 'File', cell: ({ path }) => path },
              { key: 'state', title: 'State', cell: ({ state }) => state },
            ]}
          />
        )}
      </Loaded>
    </div>
  );
}
