import { TraceFileEntity } from './trace-file.entity.js';

/** Every table that TypeORM maps. */
export const ENTITIES = [TraceFileEntity] as const;
