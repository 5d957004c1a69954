import { All, Controller, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import {
  ApiBadRequestResponse,
  ApiExcludeEndpoint,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiQuery,
  ApiTags,
} from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { DmDeletedDto, DmEventWrapperDto, DmStatusDto, DmTruncatedDto } from '@tracer/dtos';
import { readGoForm } from '../go/go-form.js';
import { sendDmAnswer, type DmAnswer } from './dm-answer.js';
import { DmPublished } from './dm-published.js';

const TEXT = { description: 'Plain text, with the code of the published tracer' };
const LIST_OF_LISTS = {
  type: 'array',
  items: { type: 'array', items: { $ref: '#/components/schemas/DmEventWrapperDto' } },
} as const;

/** The routes of the published DM tracer. Parameters may also come in a form; most routes answer to any method. */
@ApiTags('DM tracer, published')
@Controller()
export class DmPublishedController {
  constructor(@Inject(DmPublished) private readonly dm: DmPublished) {}

  /** Who answers. */
  @Get('status')
  @ApiOkResponse({ type: DmStatusDto })
  async status(@Res() response: Response): Promise<void> {
    await sendDmAnswer(response, this.dm.status());
  }

  @All('status')
  @ApiExcludeEndpoint()
  async statusByAnyMethod(@Res() response: Response): Promise<void> {
    await sendDmAnswer(response, this.dm.status());
  }

  /** All events of a trace, in the order in which they came. */
  @Get('events/query')
  @ApiQuery({ name: 'trace_id', description: 'Compared as bytes' })
  @ApiOkResponse({ type: [DmEventWrapperDto] })
  @ApiBadRequestResponse(TEXT)
  @ApiNotFoundResponse(TEXT)
  async query(@Req() request: Request, @Res() response: Response): Promise<void> {
    await sendDmAnswer(response, await this.dm.query(await readGoForm(request)));
  }

  @All('events/query')
  @ApiExcludeEndpoint()
  queryByAnyMethod(@Req() request: Request, @Res() response: Response): Promise<void> {
    return this.query(request, response);
  }

  /** Traces in the order of their first events, each a list of all its events. */
  @Get('events/scan')
  @ApiQuery({ name: 'offset', required: false, description: 'Number of traces to pass over; default 0' })
  @ApiQuery({ name: 'limit', required: false, description: 'Most traces of the answer; default 10' })
  @ApiOkResponse({ schema: LIST_OF_LISTS })
  @ApiBadRequestResponse(TEXT)
  @ApiNotFoundResponse(TEXT)
  async scan(@Req() request: Request, @Res() response: Response): Promise<void> {
    await sendDmAnswer(response, await this.dm.scan(await readGoForm(request)));
  }

  @All('events/scan')
  @ApiExcludeEndpoint()
  scanByAnyMethod(@Req() request: Request, @Res() response: Response): Promise<void> {
    return this.scan(request, response);
  }

  /** Removes a trace. */
  @Post('events/delete')
  @HttpCode(200)
  @ApiQuery({ name: 'trace_id' })
  @ApiOkResponse({ type: DmDeletedDto })
  @ApiBadRequestResponse(TEXT)
  async delete(@Req() request: Request, @Res() response: Response): Promise<void> {
    await sendDmAnswer(response, await this.dm.delete(await readGoForm(request)));
  }

  @All('events/delete')
  @ApiExcludeEndpoint()
  async deleteByOtherMethod(@Res() response: Response): Promise<void> {
    await sendDmAnswer(response, this.dm.postOnly());
  }

  /** Removes all events. */
  @Post('events/truncate')
  @HttpCode(200)
  @ApiOkResponse({ type: DmTruncatedDto })
  @ApiBadRequestResponse(TEXT)
  async truncate(@Res() response: Response): Promise<void> {
    await sendDmAnswer(response, await this.dm.truncate());
  }

  @All('events/truncate')
  @ApiExcludeEndpoint()
  async truncateByOtherMethod(@Res() response: Response): Promise<void> {
    await sendDmAnswer(response, this.dm.postOnly());
  }

  /** What Go's profiler asks first; there are no Go symbols here. */
  @All('debug/pprof/symbol')
  @ApiExcludeEndpoint()
  async symbol(@Res() response: Response): Promise<void> {
    await sendDmAnswer(response, NO_SYMBOLS);
  }
}

const NO_SYMBOLS: DmAnswer = {
  status: 200,
  headers: { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' },
  body: Buffer.from('num_symbols: 1\n'),
};
