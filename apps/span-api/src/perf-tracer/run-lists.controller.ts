import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiBadRequestResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { LiveQueryDto, LiveRunsDto, RunPageDto, RunPageQueryDto, TagsDto, TagsQueryDto } from '@tracer/dtos';
import { RunLists } from './run-lists.js';

const REFUSED = { description: 'A parameter is wrong; the message names it' };

/** Feature runs in lists, for a page or a program that looks around. */
@ApiTags('feature runs')
@Controller('api/v1/perf')
export class RunListsController {
  constructor(@Inject(RunLists) private readonly lists: RunLists) {}

  /** Tags with finished runs, the newest tag first. */
  @Get('tags')
  @ApiOkResponse({ type: TagsDto })
  @ApiBadRequestResponse(REFUSED)
  tags(@Query() query: TagsQueryDto): Promise<TagsDto> {
    return this.lists.tags(query);
  }

  /** Finished runs of a tag, newest first; none when it is unknown. */
  @Get('tags/:tag/runs')
  @ApiOkResponse({ type: RunPageDto })
  @ApiBadRequestResponse(REFUSED)
  runs(@Param('tag') tag: string, @Query() query: RunPageQueryDto): Promise<RunPageDto> {
    return this.lists.runs(tag, query);
  }

  /** Runs of all tags that have not finished, the one that began last first. */
  @Get('live')
  @ApiOkResponse({ type: LiveRunsDto })
  @ApiBadRequestResponse(REFUSED)
  live(@Query() { limit }: LiveQueryDto): Promise<LiveRunsDto> {
    return this.lists.live(limit);
  }
}
