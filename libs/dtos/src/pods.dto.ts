import { ApiExtraModels, ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { mapOf } from './map-response.js';

const LABELS = { type: 'object', additionalProperties: { type: 'string' } } as const;
const PIDS = { type: 'array', items: { type: 'integer' }, nullable: true } as const;

/** A container of `GET /v1/pods`. Published fields are in capitals; the others are additions. */
export class ContainerDto {
  @ApiProperty({ description: 'Name of the container, unique in its pod' }) Id!: string;
  @ApiProperty({ description: 'Name of the pod' }) Pod!: string;
  @ApiProperty({ ...PIDS, description: 'Processes outside that started those inside; null if none is known' })
  Parent!: number[] | null;
  @ApiProperty({ ...PIDS, description: 'Every process of the container; null if none is known' })
  Tasks!: number[] | null;
  @ApiPropertyOptional({ description: "The container runtime's own id" }) runtimeId?: string;
  @ApiPropertyOptional() image?: string;
  @ApiPropertyOptional({ ...LABELS }) labels?: Record<string, string>;
  @ApiPropertyOptional({ description: 'Path of the cgroup' }) cgroup?: string;
}

@ApiExtraModels(ContainerDto)
export class PodDto {
  @ApiProperty(mapOf(ContainerDto, 'name of the container')) Containers!: Record<string, ContainerDto>;
  @ApiPropertyOptional({ description: 'Name without namespace' }) name?: string;
  @ApiPropertyOptional() namespace?: string;
  @ApiPropertyOptional({ description: 'Unique id, where the source has one' }) uid?: string;
  @ApiPropertyOptional({ ...LABELS }) labels?: Record<string, string>;
}
