import type { ReactNode } from 'react';
import { curlOf, token, type ApiRequest } from '../api/index.js';
import { CopyButton } from '../design/index.js';

/** Copies the request behind a view as a line for a shell. */
export function CopyCurl({
  request,
  children = 'Copy as curl',
}: {
  readonly request: ApiRequest | undefined;
  readonly children?: ReactNode;
}): ReactNode {
  if (request === undefined) return null;
  return (
    <CopyButton
      text={() => curlOf(request, document.baseURI, { withToken: token() !== undefined })}
      label="Copy the request behind this view as a curl command"
    >
      {children}
    </CopyButton>
  );
}
