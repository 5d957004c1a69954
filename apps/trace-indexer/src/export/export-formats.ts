import {
  chromeJson,
  foldedStacks,
  parquetFile,
  perfettoTrace,
  readTimeline,
  speedscopeJson,
  type EventBlock,
  type LaneFact,
} from '@tracer/trace-index';

export const EXPORT_FORMATS = ['chrome', 'perfetto', 'speedscope', 'folded', 'parquet'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** What a format is made of. */
export interface ExportSource {
  readonly title: string;
  blocks(): AsyncIterable<EventBlock>;
  laneFacts(): Promise<LaneFact[]>;
}

interface Format {
  readonly contentType: string;
  readonly extension: string;
  readonly metadata: 'all' | 'none';
  readonly write: (source: ExportSource) => AsyncIterable<Buffer>;
}

const JSON_TYPE = 'application/json; charset=utf-8';

export const FORMATS: Readonly<Record<ExportFormat, Format>> = {
  chrome: {
    contentType: JSON_TYPE,
    extension: 'json',
    metadata: 'all',
    write: (source) => chromeJson(source.blocks()),
  },
  perfetto: {
    contentType: 'application/vnd.google.protobuf',
    extension: 'perfetto-trace',
    metadata: 'none',
    write: async function* (source) {
      yield* perfettoTrace(await readTimeline(source.blocks(), true), await source.laneFacts());
    },
  },
  speedscope: {
    contentType: JSON_TYPE,
    extension: 'speedscope.json',
    metadata: 'none',
    write: async function* (source) {
      yield* speedscopeJson((await readTimeline(source.blocks(), false)).timeline, source.title);
    },
  },
  folded: {
    contentType: 'text/plain; charset=utf-8',
    extension: 'folded.txt',
    metadata: 'none',
    write: async function* (source) {
      yield* foldedStacks((await readTimeline(source.blocks(), false)).timeline);
    },
  },
  parquet: {
    contentType: 'application/vnd.apache.parquet',
    extension: 'parquet',
    metadata: 'none',
    write: (source) => parquetFile(source.blocks()),
  },
};
