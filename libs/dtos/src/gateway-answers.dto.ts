import { ApiExtraModels, ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { mapOf } from './map-response.js';
import { ContainerDto, PodDto } from './pods.dto.js';
import { SESSION_STATES, SessionSummaryDto } from './sessions.dto.js';
import { TraceHookDto, TraceHookGroupDto } from './trace-hooks.dto.js';

/** A container of the cluster. Where equal pods of two nodes have one of the same name, the second is `name@node`. */
export class ClusterContainerDto extends ContainerDto {
  @ApiProperty({ description: 'Node on which it runs' }) node!: string;
}

@ApiExtraModels(ClusterContainerDto)
export class ClusterPodDto extends PodDto {
  @ApiProperty(mapOf(ClusterContainerDto, 'name of the container'))
  declare Containers: Record<string, ClusterContainerDto>;
}

/** A hook of the cluster; `unavailable` only where no node can run it. */
export class ClusterHookDto extends TraceHookDto {
  @ApiProperty({ type: [String], description: 'Nodes that can run it' }) nodes!: string[];
  @ApiPropertyOptional({
    type: 'object',
    description: 'Why others cannot, by node',
    additionalProperties: { type: 'string' },
  })
  unavailableOn?: Record<string, string>;
}

@ApiExtraModels(ClusterHookDto)
export class ClusterHookGroupDto extends TraceHookGroupDto {
  @ApiProperty(mapOf(ClusterHookDto, 'name of the hook')) declare Tracers: Record<string, ClusterHookDto>;
}

/** Figures of one event name over several nodes. Times are nanoseconds. */
export class ClusterCallTotalsDto {
  @ApiProperty({ type: 'integer' }) count!: number;
  @ApiProperty({ type: 'object', description: 'Failed ones by errno', additionalProperties: { type: 'integer' } })
  errors!: Record<string, number>;
  @ApiProperty() totalNs!: number;
  @ApiProperty() meanNs!: number;
  @ApiPropertyOptional({ description: 'Only of names that one node alone has: see `nodes`' }) p50Ns?: number;
  @ApiPropertyOptional({ description: 'Only of names that one node alone has: see `nodes`' }) p99Ns?: number;
  @ApiProperty() maxNs!: number;
  @ApiProperty({ type: 'integer', description: 'Begun and not finished; not in the times' }) unfinished!: number;
}

/** `GET /v1/trace-session/{id}/summary` over all sessions of a group. */
@ApiExtraModels(ClusterCallTotalsDto)
export class ClusterSummaryDto {
  @ApiPropertyOptional({ description: 'Of the session, if there is only one' }) Id?: string;
  @ApiPropertyOptional({ description: 'Of the session, if there is only one' }) Node?: string;
  @ApiProperty({ enum: SESSION_STATES, description: 'The liveliest of all' }) state!: (typeof SESSION_STATES)[number];
  @ApiProperty({ type: 'integer' }) events!: number;
  @ApiProperty({ type: 'integer' }) lost!: number;
  @ApiPropertyOptional({ type: 'integer', description: 'When the oldest of these figures were taken, epoch µs' })
  asOf?: number;
  @ApiProperty(mapOf(ClusterCallTotalsDto, 'name of the system call or of the phase, most time first')) calls!: Record<
    string,
    ClusterCallTotalsDto
  >;
  @ApiProperty({ type: [SessionSummaryDto], description: 'Of each session' }) nodes!: SessionSummaryDto[];
}
