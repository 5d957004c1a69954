import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ApiOkMap, TraceHookGroupDto } from '@tracer/dtos';
import { TraceHooksService } from './trace-hooks.service.js';

@ApiTags('trace hooks')
@Controller('v1/trace-hooks')
export class TraceHooksController {
  constructor(private readonly hooks: TraceHooksService) {}

  /** What this node can trace. A hook that its kernel cannot serve is listed with the reason. */
  @Get()
  @ApiOkMap(TraceHookGroupDto, 'group: `native`, or the directory of external hooks', 'Hooks by group')
  list(): Record<string, TraceHookGroupDto> {
    return this.hooks.list();
  }
}
