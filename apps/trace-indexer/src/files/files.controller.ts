import { Controller, Get, Inject, UseInterceptors } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { TraceFileInfoDto, TraceFilesDto, TraceInfoDto, TraceStatsDto } from '@tracer/dtos';
import { Values } from '../http/answer-stream.js';
import { ApiEventErrors } from '../http/api-errors.js';
import { WAIT } from '../http/event-parameters.js';
import { ApiParameters, requiredTextParameter, type QueryValues } from '../http/parameter.js';
import { RetryAfterInterceptor } from '../http/retry-after.interceptor.js';
import { FilesService } from './files.service.js';

const FILE = requiredTextParameter('file', { description: 'Path of the file as `/api/v1/files` shows it' });

@ApiTags('trace files')
@Controller('api/v1')
@UseInterceptors(RetryAfterInterceptor)
export class FilesController {
  constructor(@Inject(FilesService) private readonly files: FilesService) {}

  /** The trace files of the directory, sorted by path. */
  @Get('files')
  @ApiOkResponse({ type: TraceFilesDto })
  list(): Promise<TraceFilesDto> {
    return this.files.list();
  }

  /** What is known of one file, and what of it is not served. */
  @Get('files/info')
  @ApiParameters(FILE, WAIT)
  @ApiOkResponse({ type: TraceFileInfoDto })
  @ApiEventErrors()
  info(@Values() values: QueryValues): Promise<TraceFileInfoDto> {
    return this.files.info(FILE.read(values), WAIT.read(values));
  }

  /** The time range of the directory and of each file. */
  @Get('info')
  @ApiParameters(WAIT)
  @ApiOkResponse({ type: TraceInfoDto })
  @ApiEventErrors()
  overview(@Values() values: QueryValues): Promise<TraceInfoDto> {
    return this.files.overview(WAIT.read(values));
  }

  /** Totals of every file: counts by category, name and thread, durations. */
  @Get('stats')
  @ApiParameters(WAIT)
  @ApiOkResponse({ type: TraceStatsDto })
  @ApiEventErrors()
  stats(@Values() values: QueryValues): Promise<TraceStatsDto> {
    return this.files.stats(WAIT.read(values));
  }
}
