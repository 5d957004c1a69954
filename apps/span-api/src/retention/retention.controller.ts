import { Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { RetentionDto } from '@tracer/dtos';
import { RetentionService } from './retention.service.js';

@ApiTags('retention')
@Controller('api/v1/retention')
export class RetentionController {
  constructor(@Inject(RetentionService) private readonly retention: RetentionService) {}

  /** What is stored by day, and what the next run would drop. Changes nothing. */
  @Get()
  @ApiOkResponse({ type: RetentionDto })
  plan(): Promise<RetentionDto> {
    return this.retention.plan();
  }

  /** Drops now what is beyond the configured limits; answers with the days that went. */
  @Post('run')
  @HttpCode(200)
  @ApiOkResponse({ type: RetentionDto })
  run(): Promise<RetentionDto> {
    return this.retention.run();
  }
}
