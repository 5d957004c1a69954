import { All, Controller, HttpCode, Inject, MethodNotAllowedException, Post, Req, Res } from '@nestjs/common';
import { ApiBadRequestResponse, ApiConsumes, ApiExcludeEndpoint, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { OtlpIngest } from './otlp-ingest.js';

@ApiTags('OTLP')
@Controller('v1/traces')
export class OtlpController {
  constructor(@Inject(OtlpIngest) private readonly ingest: OtlpIngest) {}

  /** An `ExportTraceServiceRequest`, gzip allowed; answered in the type of the request when the spans are stored. */
  @Post()
  @HttpCode(200)
  @ApiConsumes('application/x-protobuf', 'application/json')
  @ApiOkResponse({ description: 'ExportTraceServiceResponse; partialSuccess tells what was not taken', type: Object })
  @ApiBadRequestResponse({ description: 'google.rpc.Status' })
  async take(@Req() request: Request, @Res() response: Response): Promise<void> {
    const { contentType, body } = await this.ingest.takeRequest(request);
    response.setHeader('Content-Type', contentType);
    response.end(body);
  }

  @All()
  @ApiExcludeEndpoint()
  otherMethod(): never {
    throw new MethodNotAllowedException('spans are sent by POST');
  }
}
