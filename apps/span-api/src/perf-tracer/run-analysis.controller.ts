import { Controller, Get, Inject, Param, Query, Res } from '@nestjs/common';
import {
  ApiBadRequestResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiPreconditionFailedResponse,
  ApiTags,
} from '@nestjs/swagger';
import {
  BudgetQueryDto,
  CompareQueryDto,
  RunBudgetDto,
  RunComparisonDto,
  RunsQueryDto,
  RunSummaryDto,
} from '@tracer/dtos';
import type { Response } from 'express';
import { RunAnalysis } from './run-analysis.js';

/** Figures of feature runs, beyond the published service. */
@ApiTags('feature runs')
@Controller('api/traces')
export class RunAnalysisController {
  constructor(@Inject(RunAnalysis) private readonly analysis: RunAnalysis) {}

  /** Median and percentiles of each step and of the whole, and the trend from run to run. */
  @Get(':tag/summary')
  @ApiOkResponse({ type: RunSummaryDto })
  summary(@Param('tag') tag: string, @Query() query: RunsQueryDto): Promise<RunSummaryDto> {
    return this.analysis.summary(tag, query);
  }

  /** What changed between two sets of runs, step by step, with a test of significance. */
  @Get(':tag/compare')
  @ApiOkResponse({ type: RunComparisonDto })
  @ApiNotFoundResponse({ description: 'A set has no runs' })
  compare(@Param('tag') tag: string, @Query() query: CompareQueryDto): Promise<RunComparisonDto> {
    return this.analysis.compare(tag, query);
  }

  /** Whether runs keep a budget: for CI, where `curl -f` fails for 412. */
  @Get(':tag/budget')
  @ApiOkResponse({ type: RunBudgetDto, description: 'They do' })
  @ApiPreconditionFailedResponse({ type: RunBudgetDto, description: 'They do not' })
  @ApiBadRequestResponse({ description: 'No limit is given' })
  @ApiNotFoundResponse({ description: 'There are not enough runs' })
  async budget(
    @Param('tag') tag: string,
    @Query() query: BudgetQueryDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<RunBudgetDto> {
    const budget = await this.analysis.budget(tag, query);
    response.status(budget.ok ? 200 : 412);
    return budget;
  }
}
