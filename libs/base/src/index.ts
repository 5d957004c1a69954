export { silent, type Log } from './log.js';
export { lockDirectory, writableDirectory, type DirectoryLock } from './owned-directory.js';
export { reasonOf, TRACER_ERROR_CODES, TracerError, type TracerErrorCode } from './tracer-error.js';
