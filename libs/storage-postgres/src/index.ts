export { Database } from './database.js';
export { TraceFileEntity } from './entities/trace-file.entity.js';
