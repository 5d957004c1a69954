import { Controller, Get } from '@nestjs/common';
import { ApiInternalServerErrorResponse, ApiTags } from '@nestjs/swagger';
import { ApiOkMap, PodDto } from '@tracer/dtos';
import { PodsService } from './pods.service.js';

@ApiTags('pods')
@Controller('v1/pods')
export class PodsController {
  constructor(private readonly pods: PodsService) {}

  /** The pods of this node with their containers and all of their processes, as of now. */
  @Get()
  @ApiOkMap(PodDto, 'name of the pod', 'Pods; `namespace/name` where a name occurs twice')
  @ApiInternalServerErrorResponse({ description: 'Pods cannot be read; a JSON string says why', type: String })
  list(): Promise<Record<string, PodDto>> {
    return this.pods.list();
  }
}
