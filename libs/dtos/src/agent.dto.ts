import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { SESSION_STATES, SessionLimitsDto } from './sessions.dto.js';

class TracefsDto {
  @ApiProperty({ description: 'Built-in hooks can be used' }) available!: boolean;
  @ApiPropertyOptional() path?: string;
  @ApiPropertyOptional({ description: 'What is missing' }) reason?: string;
}

class PodSourceDto {
  @ApiProperty({ enum: ['cri', 'procfs'] }) source!: string;
  @ApiProperty({ description: 'Socket or directory that is read' }) endpoint!: string;
  @ApiPropertyOptional({ type: 'integer' }) count?: number;
  @ApiPropertyOptional({ type: 'integer', description: 'Time of the last scan, epoch µs' }) scannedAt?: number;
  @ApiPropertyOptional({ description: 'How long it took' }) scanMs?: number;
}

class NodeLimitsDto {
  @ApiProperty({ type: 'integer', description: 'Sessions that may be defined' }) sessions!: number;
  @ApiProperty({ type: 'integer', description: 'Sessions that may run at a time' }) running!: number;
  @ApiProperty({ type: SessionLimitsDto, description: 'Of every run' }) run!: SessionLimitsDto;
}

/** `GET /v1/node` of a node agent. */
export class AgentDto {
  @ApiProperty({ description: 'Name of the node' }) node!: string;
  @ApiProperty() version!: string;
  @ApiProperty({ description: 'Release of the kernel' }) kernel!: string;
  @ApiProperty({ type: TracefsDto }) tracefs!: TracefsDto;
  @ApiProperty({ type: PodSourceDto }) pods!: PodSourceDto;
  @ApiProperty({
    type: 'object',
    description: `Number of sessions by state: ${SESSION_STATES.join(', ')}`,
    additionalProperties: { type: 'integer' },
  })
  sessions!: Record<string, number>;
  @ApiProperty({ type: NodeLimitsDto }) limits!: NodeLimitsDto;
  @ApiProperty({ description: 'Where trace files are written' }) traceDir!: string;
  @ApiPropertyOptional({ description: 'OTLP collector that gets the events as well' }) collector?: string;
}
