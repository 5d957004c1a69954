import { Controller, Get, Inject, Res, UseInterceptors } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { sendStream, Values } from '../http/answer-stream.js';
import { ApiEventErrors } from '../http/api-errors.js';
import { FILTER_PARAMETERS, limitOf, readSelection, RESOLVE, STREAM_LIMIT } from '../http/event-parameters.js';
import { ApiParameters, requiredChoiceParameter, type QueryValues } from '../http/parameter.js';
import { LostIndexInterceptor } from '../http/lost-index.interceptor.js';
import { RetryAfterInterceptor } from '../http/retry-after.interceptor.js';
import { EXPORT_FORMATS, FORMATS } from './export-formats.js';
import { ExportService } from './export.service.js';

const FORMAT = requiredChoiceParameter('format', {
  description:
    '`chrome` and `perfetto` open in Perfetto, `speedscope` in speedscope, `folded` in flame graph tools, `parquet` in databases',
  choices: EXPORT_FORMATS,
});

const FILE_CONTENT = Object.fromEntries(
  EXPORT_FORMATS.map((format) => [FORMATS[format].contentType, { schema: { type: 'string', format: 'binary' } }]),
);

@ApiTags('export')
@Controller('api/v1/export')
@UseInterceptors(RetryAfterInterceptor, LostIndexInterceptor)
export class ExportController {
  constructor(@Inject(ExportService) private readonly exports: ExportService) {}

  /** A selection as a file of another tool. */
  @Get()
  @ApiParameters(FORMAT, ...FILTER_PARAMETERS, STREAM_LIMIT, RESOLVE)
  @ApiOkResponse({ description: 'A file in the format', content: FILE_CONTENT })
  @ApiEventErrors()
  export(@Values() values: QueryValues, @Res() response: Response): Promise<void> {
    const format = FORMAT.read(values);
    const options = { limit: limitOf(STREAM_LIMIT.read(values)), resolve: RESOLVE.read(values) };
    const query = { ...readSelection(values), ...options, format };
    return sendStream(response, this.exports.head(query), (signal) => this.exports.body(query, signal));
  }
}
