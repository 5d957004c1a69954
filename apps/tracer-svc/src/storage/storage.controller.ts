import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { StorageDto } from '@tracer/dtos';
import { StorageService } from './storage.service.js';

@ApiTags('operations')
@Controller('api/v1/storage')
export class StorageController {
  constructor(private readonly storage: StorageService) {}

  /** Bytes and ages of everything that the suite keeps, the limits, and what goes next; services that did not answer are named. */
  @Get()
  @ApiOkResponse({ type: StorageDto })
  read(): Promise<StorageDto> {
    return this.storage.read();
  }
}
