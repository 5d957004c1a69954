import { TracerError } from '@tracer/base';
import {
  atsSpanStrings,
  encodeChromeTrace,
  encodeOtlpJson,
  encodeZipkinV2Json,
  mergeTrace,
  type Span,
} from '@tracer/span-model';
import type { Tenant, TraceIdMatch, TraceReads } from '@tracer/storage';
import { traceIdOf } from '../zipkin/zipkin-queries.js';

export type TraceExportFormat = 'zipkin' | 'otlp' | 'chrome' | 'ats';

export interface TraceFile {
  readonly name: string;
  readonly pieces: AsyncIterable<string>;
}

const PAGE_SPANS = 2_000;

/** How a page becomes members of one JSON list, and what stands around all of them. */
interface ListFormat {
  readonly before: string;
  readonly after: string;
  /** JSON members with commas in between; '' when the page has none. */
  readonly members: (spans: readonly Span[]) => string;
}

const OTLP = { before: '{"resourceSpans":[', after: ']}' };

const LISTS: Readonly<Record<Exclude<TraceExportFormat, 'chrome'>, ListFormat>> = {
  zipkin: { before: '[', after: ']', members: (spans) => encodeZipkinV2Json(spans).toString().slice(1, -1) },
  ats: { before: '[', after: ']', members: (spans) => JSON.stringify(atsSpanStrings(spans)).slice(1, -1) },
  // A resource is repeated in each page that has spans of it.
  otlp: {
    ...OTLP,
    members: (spans) => encodeOtlpJson(spans).toString().slice(OTLP.before.length, -OTLP.after.length),
  },
};

/** Whole traces as files of other tools, written while they are read: memory does not grow with the trace. */
export class TraceExport {
  constructor(
    private readonly reads: Pick<TraceReads, 'pages'>,
    private readonly match: TraceIdMatch,
  ) {}

  /** Throws VALIDATION for a bad id, NOT_FOUND for one that nothing has. */
  async file(tenant: Tenant, id: string, format: TraceExportFormat): Promise<TraceFile> {
    const traceId = traceIdOf(id);
    const pages = this.reads.pages(tenant, traceId, this.match, PAGE_SPANS)[Symbol.asyncIterator]();
    const first = await pages.next();
    if (first.done === true) throw new TracerError('NOT_FOUND', `trace ${traceId} is not stored`);
    const all = from(first.value, pages);
    return { name: `${traceId}.${format}.json`, pieces: format === 'chrome' ? chrome(all) : list(all, LISTS[format]) };
  }
}

async function* from(first: Span[], more: AsyncIterator<Span[]>): AsyncGenerator<Span[]> {
  yield first;
  for (let next = await more.next(); next.done !== true; next = await more.next()) yield next.value;
}

async function* list(pages: AsyncIterable<Span[]>, format: ListFormat): AsyncGenerator<string> {
  let between = format.before;
  for await (const spans of pages) {
    const members = format.members(spans);
    yield members === '' ? '' : between + members;
    if (members !== '') between = ',';
  }
  yield between === format.before ? format.before + format.after : format.after;
}

/** Tracks are laid out over the whole trace, so this one is not written in parts. */
async function* chrome(pages: AsyncIterable<Span[]>): AsyncGenerator<string> {
  const all: Span[] = [];
  for await (const spans of pages) all.push(...spans);
  yield encodeChromeTrace(mergeTrace(all)).json.toString();
}
