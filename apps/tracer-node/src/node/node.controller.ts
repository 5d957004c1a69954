import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { AgentDto } from '@tracer/dtos';
import { NodeService } from './node.service.js';

@ApiTags('node')
@Controller('v1/node')
export class NodeController {
  constructor(private readonly node: NodeService) {}

  /** This node: its kernel, where pods are learnt from, and its limits. */
  @Get()
  @ApiOkResponse({ type: AgentDto })
  describe(): AgentDto {
    return this.node.describe();
  }
}
