import type { LiveRunsDto, RunPageDto, RunPageQueryDto, TagsDto, TagsQueryDto } from '@tracer/dtos';
import { numberedTraceId, type RunStore } from '@tracer/storage';
import { isoTime } from './iso-time.js';
import { finishedRun, liveRun } from './run-answers.js';

const DEFAULT_LIMIT = 100;

/** What there is, a page at a time, newest in front: tags, their finished runs, and runs that are live. */
export class RunLists {
  constructor(private readonly store: RunStore) {}

  async tags({ contains, cursor, limit = DEFAULT_LIMIT }: TagsQueryDto): Promise<TagsDto> {
    const tags = await this.store.tagFigures({
      limit,
      ...(contains !== undefined && { contains }),
      ...(cursor !== undefined && { beforePlace: cursor }),
    });
    const next = tags.length === limit ? tags.at(-1)?.place : undefined;
    return {
      tags: tags.map(({ tag, runs, live, lastEndUs }) => ({
        trace_tag: tag,
        runs,
        live,
        last_end_time: isoTime(lastEndUs),
      })),
      ...(next !== undefined && { next }),
    };
  }

  async runs(tag: string, { id, cursor, limit = DEFAULT_LIMIT }: RunPageQueryDto): Promise<RunPageDto> {
    const runs = await this.store.select(tag, {
      limit,
      ...(id !== undefined && { idPrefix: id }),
      ...(cursor !== undefined && { beforeSeq: cursor }),
    });
    // A page may be short because its runs are large: only an empty one is the end.
    const next = runs[0]?.seq;
    return {
      trace_tag: tag,
      runs: runs
        .reverse()
        .map((run) => Object.assign(finishedRun(run), { span_trace_id: numberedTraceId('run', run.seq) })),
      ...(next !== undefined && { next }),
    };
  }

  async live(limit = DEFAULT_LIMIT): Promise<LiveRunsDto> {
    const runs = await this.store.newestLive(limit);
    return { runs: runs.map((run) => Object.assign({ trace_tag: run.tag }, liveRun(run))) };
  }
}
