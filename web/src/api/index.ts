export { ApiError, messageOf } from './api-error.js';
export { curlOf, relativeUrl, type ApiRequest, type QueryValue } from './api-request.js';
export { getJson, getText, headersOf, send } from './client.js';
export {
  connection,
  serverGone,
  setToken,
  subscribeConnection,
  token,
  tokenWanted,
  type Connection,
} from './connection.js';
export { parseLossless } from './lossless-json.js';
export { streamLines } from './ndjson.js';
export { useConnection, useRequest, type RequestState } from './use-request.js';
