import type { ErrorBody, Failure } from '@tracer/service-kit';

const JSON_TYPE = 'application/json; charset=utf-8';

/** What clients of the published service read. */
function detailOf({ code, message }: Failure): string {
  return code === 'NOT_FOUND' && message.startsWith('Cannot ') ? 'Not Found' : message;
}

const published = (prefix: string): ErrorBody => ({
  prefix,
  contentType: JSON_TYPE,
  body: (failure) => JSON.stringify({ detail: detailOf(failure) }),
});

/** `{detail}`, below the routes of perf-tracer; where no published API is meant, the suite's own body has it as well. */
export const RUN_ERROR_BODIES: readonly ErrorBody[] = [
  published('/api/tracing'),
  published('/api/traces'),
  {
    prefix: '/',
    contentType: JSON_TYPE,
    body: (failure: Failure): string => {
      const { code, message, requestId } = failure;
      return JSON.stringify({ code, message, requestId, detail: detailOf(failure) });
    },
  },
];
