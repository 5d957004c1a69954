import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { StorageDto } from '@tracer/dtos';
import { StorageService } from './storage.service.js';

@ApiTags('operations')
@Controller('api/v1/storage')
export class StorageController {
  constructor(@Inject(StorageService) private readonly storage: StorageService) {}

  /** Bytes and ages of spans, replication events and feature runs, their limits, and what goes next. */
  @Get()
  @ApiOkResponse({ type: StorageDto })
  read(): Promise<StorageDto> {
    return this.storage.read();
  }
}
