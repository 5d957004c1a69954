import { OWN_ERROR_BODY, type ErrorBody, type Failure } from '@tracer/service-kit';

const JSON_TYPE = 'application/json; charset=utf-8';

/** container-tracer answers failures with their text as a JSON string. */
const jsonString = (prefix: string): ErrorBody => ({
  prefix,
  contentType: JSON_TYPE,
  body: ({ message }) => JSON.stringify(message),
});

/** Our own body, with the member in which clients of a published API look for the reason. */
const ownWith = (prefix: string, members: (failure: Failure) => object): ErrorBody => ({
  prefix,
  contentType: JSON_TYPE,
  body: (failure) => {
    const { code, message, requestId } = failure;
    return JSON.stringify({ ...members(failure), code, message, requestId });
  },
});

/**
 * How failures of the gateway itself look on the routes that it passes on, such as a missing token or a service that does
 * not answer: clients of each published API find the reason where they look for it. Zipkin's and DM's, which read no body,
 * get our own.
 */
export const FAMILY_ERROR_BODIES: readonly ErrorBody[] = [
  ...['/v1/pods', '/v1/trace-hooks', '/v1/trace-session'].map(jsonString),
  ownWith('/api/v1/', ({ message }) => ({ error: message })),
  ...['/api/v1/spans', '/api/v1/traces', '/api/v1/services', '/api/v1/dm/', '/api/v1/retention'].map((prefix) => ({
    ...OWN_ERROR_BODY,
    prefix,
  })),
  ...['/api/tracing', '/api/traces'].map((prefix) => ownWith(prefix, ({ message }) => ({ detail: message }))),
  ownWith('/jaeger', ({ status, message }) => ({ data: null, errors: [{ code: status, msg: message }] })),
];
