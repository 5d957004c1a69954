export { silent, type Log } from './log.js';
export { reasonOf, TRACER_ERROR_CODES, TracerError, type TracerErrorCode } from './tracer-error.js';
