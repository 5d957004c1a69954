import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

export const NODE_CONDITIONS = ['unknown', 'answering', 'failing', 'absent'] as const;

/** A tracer-node as the gateway knows it. */
export class NodeDto {
  @ApiProperty({ description: 'Unique; the Kubernetes node name where it is known' }) name!: string;
  @ApiPropertyOptional({ description: 'Absent while the node is known but has no address' }) url?: string;
  @ApiProperty({ enum: NODE_CONDITIONS, description: 'How the last request to it went' })
  state!: (typeof NODE_CONDITIONS)[number];
  @ApiPropertyOptional({ description: 'Last failure, also while the node answers again' }) lastError?: string;
  @ApiPropertyOptional({ format: 'date-time' }) lastErrorAt?: string;
  @ApiPropertyOptional({ format: 'date-time', description: 'When it last answered' }) lastSeenAt?: string;
  @ApiPropertyOptional({ type: 'number', description: 'Time of its last answer, from request to last byte' })
  latencyMs?: number;
}

/** Where the gateway finds nodes, and how far that can be trusted at the moment. */
export class NodeSourceDto {
  @ApiProperty({ enum: ['static', 'dns', 'kubernetes'] }) kind!: 'static' | 'dns' | 'kubernetes';
  @ApiProperty({ description: 'What is looked at: a name, selectors' }) target!: string;
  @ApiProperty({ type: 'integer' }) nodes!: number;
  @ApiPropertyOptional({ type: 'integer', description: 'How long ago the list was known to be true' }) ageMs?: number;
  @ApiPropertyOptional({ description: 'Why the list may be out of date' }) lastError?: string;
}

/** `GET /v1/nodes`. */
export class NodesDto {
  @ApiProperty({ type: [NodeDto] }) nodes!: NodeDto[];
  @ApiProperty({ type: [NodeSourceDto] }) sources!: NodeSourceDto[];
}
