import { Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBadRequestResponse, ApiConsumes, ApiTags } from '@nestjs/swagger';
import type { Request } from 'express';
import { ZipkinIngest } from './zipkin-ingest.js';

@ApiTags('Zipkin')
@Controller(['api/v2', 'zipkin/api/v2'])
export class ZipkinV2IngestController {
  constructor(@Inject(ZipkinIngest) private readonly ingest: ZipkinIngest) {}

  /** A list of v2 spans, gzip allowed. Answered when they are stored. */
  @Post('spans')
  @HttpCode(202)
  @ApiConsumes('application/json', 'application/x-protobuf')
  @ApiAcceptedResponse({ description: 'All spans are stored; no body' })
  @ApiBadRequestResponse({ description: 'What is wrong, as text; no span of the list is stored' })
  take(@Req() request: Request): Promise<void> {
    return this.ingest.takeRequest('v2', request);
  }
}

@ApiTags('Zipkin')
@Controller('api/v1')
export class ZipkinV1IngestController {
  constructor(@Inject(ZipkinIngest) private readonly ingest: ZipkinIngest) {}

  /** A list of v1 spans, gzip allowed. */
  @Post('spans')
  @HttpCode(202)
  @ApiConsumes('application/json', 'application/x-thrift')
  @ApiAcceptedResponse({ description: 'All spans are stored; no body' })
  @ApiBadRequestResponse({ description: 'What is wrong, as text; no span of the list is stored' })
  take(@Req() request: Request): Promise<void> {
    return this.ingest.takeRequest('v1', request);
  }
}
