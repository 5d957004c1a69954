import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { NodesDto } from '@tracer/dtos';
import { NodesService } from './nodes.service.js';

@ApiTags('cluster')
@Controller('v1/nodes')
export class NodesController {
  constructor(private readonly nodes: NodesService) {}

  /** The node agents that the gateway knows, asked just now, and where it knows them from. */
  @Get()
  @ApiOkResponse({ type: NodesDto })
  list(): Promise<NodesDto> {
    return this.nodes.list();
  }
}
