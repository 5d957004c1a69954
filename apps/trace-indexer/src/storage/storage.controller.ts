import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { StorageDto } from '@tracer/dtos';
import { StorageService } from './storage.service.js';

@ApiTags('operations')
@Controller('api/v1/storage')
export class StorageController {
  constructor(@Inject(StorageService) private readonly storage: StorageService) {}

  /** Bytes and ages of trace files and of their indexes, and what is left for them. Nothing of it is deleted by itself. */
  @Get()
  @ApiOkResponse({ type: StorageDto })
  read(): Promise<StorageDto> {
    return this.storage.read();
  }
}
