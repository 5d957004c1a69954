import { SpanNameEntity } from './span-name.entity.js';

/** Tables that TypeORM maps. Spans are not among them: they are written by COPY and read row by row. */
export const ENTITIES = [SpanNameEntity] as const;
