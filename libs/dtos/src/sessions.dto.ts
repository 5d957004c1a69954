import { ApiExtraModels, ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { mapOf } from './map-response.js';
import { BooleanField, IntField, StringField } from './properties.js';

export const SESSION_STATES = ['pending', 'running', 'finished', 'failed', 'interrupted'] as const;

const PATTERN = 'a name, or a pattern of `*`, `?`, `[a-z]`, `[^a]` and `\\`';
const LIMIT = { min: 1, max: Number.MAX_SAFE_INTEGER, optional: true };

/** Body of `POST /v1/trace-session`. Keys match without regard to case, unknown ones are ignored. */
export class CreateSessionDto {
  @StringField({ maxLength: 1024, description: `Pods: ${PATTERN}; \`namespace/name\` where names are ambiguous` })
  pod = '';
  @StringField({ maxLength: 1024, description: `Containers: ${PATTERN}` }) container = '';
  @StringField({ maxLength: 1024, description: 'Name of the hook, or `group/name`' }) 'trace-hook' = '';
  @StringField({ maxLength: 16_384, description: 'Arguments of the hook, separated by white space', optional: true })
  'trace-arguments' = '';
  @StringField({ maxLength: 4096, description: 'Your own text, shown with the session', optional: true })
  'trace-user-context' = '';
  @IntField({ ...LIMIT, description: 'Ends a run after so many ms' }) 'time-limit-ms': number | undefined = undefined;
  @IntField({ ...LIMIT, description: 'Ends a run after so many events' }) 'event-limit': number | undefined = undefined;
  @IntField({ ...LIMIT, description: 'Ends a run when its file has so many bytes' }) 'byte-limit': number | undefined =
    undefined;
}

/** Body of `PUT /v1/trace-session/{id}`. */
export class ChangeSessionDto {
  @BooleanField({ description: 'true starts the session, false (and absent) stops it', optional: true }) run = false;
}

/** What ends a run by itself; 0 is no limit. */
export class SessionLimitsDto {
  @ApiProperty({ type: 'integer' }) timeMs!: number;
  @ApiProperty({ type: 'integer' }) events!: number;
  @ApiProperty({ type: 'integer', description: 'Of the trace file' }) bytes!: number;
}

/** How the export of the run to an OTLP collector goes. */
export class SessionExportDto {
  @ApiProperty({ type: 'integer', description: 'Spans that the collector took' }) sent!: number;
  @ApiProperty({ type: 'integer', description: 'Spans that could not be sent, or did not fit into the queue' })
  dropped!: number;
  @ApiPropertyOptional({ description: 'Last failure' }) lastError?: string;
}

/** A session. Published fields are in capitals; the others are additions and concern the present or the last run. */
export class SessionDto {
  @ApiProperty({ description: 'Decimal number up to 2^64 - 1' }) Id!: string;
  @ApiProperty({ description: '`trace-user-context` of the request' }) Context!: string;
  @ApiProperty({ description: 'Name of the node' }) Node!: string;
  @ApiProperty({
    type: 'object',
    description: 'Containers by pod',
    additionalProperties: { type: 'array', items: { type: 'string' } },
  })
  Containers!: Record<string, string[]>;
  @ApiProperty() TraceHook!: string;
  @ApiProperty({ type: [String] }) TraceParams!: string[];
  @ApiProperty({ description: 'Stays true for an external hook that ended by itself, until the session is stopped' })
  Running!: boolean;
  @ApiProperty({ type: [String], nullable: true, description: 'What the hook printed; null unless running' })
  Output!: string[] | null;
  @ApiProperty({ type: [String], nullable: true, description: 'What the hook printed as errors; null unless running' })
  Error!: string[] | null;

  @ApiPropertyOptional({ description: 'Shared by the sessions of one request to the gateway; usable as their id' })
  Group?: string;
  @ApiProperty({ description: 'Group of the hook, as listed' }) hookGroup!: string;
  @ApiProperty({ enum: SESSION_STATES }) state!: (typeof SESSION_STATES)[number];
  @ApiPropertyOptional({ description: 'Why the run ended' }) reason?: string;
  @ApiProperty({ type: 'integer', description: 'Events of the run' }) events!: number;
  @ApiProperty({ type: 'integer', description: 'Events that the kernel or the agent had to drop' }) lost!: number;
  @ApiPropertyOptional({ type: 'object', description: 'Lost by CPU', additionalProperties: { type: 'integer' } })
  lostByCpu?: Record<string, number>;
  @ApiPropertyOptional({ type: 'integer', description: 'Begins without an end and ends without a begin' })
  unpaired?: number;
  @ApiProperty({ type: 'integer', description: 'Size of the trace file' }) bytes!: number;
  @ApiProperty({ type: 'integer', description: 'Threads that are traced now' }) tasks!: number;
  @ApiPropertyOptional({ type: 'integer', description: 'Epoch microseconds' }) startedAt?: number;
  @ApiPropertyOptional({ type: 'integer', description: 'Epoch microseconds' }) stoppedAt?: number;
  @ApiPropertyOptional({ description: 'Name of the trace file in the trace directory; all runs go into it' })
  file?: string;
  @ApiProperty({ type: SessionLimitsDto }) limits!: SessionLimitsDto;
  @ApiPropertyOptional({ type: SessionExportDto }) export?: SessionExportDto;
  @ApiPropertyOptional({
    type: 'object',
    description: 'Pod → container → processes that were seen in it over all runs; only with `processes=1`',
    additionalProperties: {
      type: 'object',
      additionalProperties: { type: 'array', items: { type: 'integer' } },
    },
  })
  processes?: Record<string, Record<string, number[]>>;
}

/** Totals of the events of one name. Times are nanoseconds; the quantiles are at most 1/32 too high. */
export class CallTotalsDto {
  @ApiProperty({ type: 'integer', description: 'Finished ones' }) count!: number;
  @ApiProperty({ type: 'object', description: 'Failed ones by errno', additionalProperties: { type: 'integer' } })
  errors!: Record<string, number>;
  @ApiProperty() totalNs!: number;
  @ApiProperty() meanNs!: number;
  @ApiProperty() p50Ns!: number;
  @ApiProperty() p99Ns!: number;
  @ApiProperty() maxNs!: number;
  @ApiProperty({ type: 'integer', description: 'Begun and not finished; not in the times' }) unfinished!: number;
}

/** What a run of a session saw, in numbers. */
@ApiExtraModels(CallTotalsDto)
export class SessionSummaryDto {
  @ApiProperty() Id!: string;
  @ApiProperty({ description: 'Name of the node' }) Node!: string;
  @ApiProperty({ enum: SESSION_STATES }) state!: (typeof SESSION_STATES)[number];
  @ApiProperty({ type: 'integer' }) events!: number;
  @ApiProperty({ type: 'integer' }) lost!: number;
  @ApiPropertyOptional({ type: 'integer', description: 'When these figures were taken, if the agent died; epoch µs' })
  asOf?: number;
  @ApiProperty(mapOf(CallTotalsDto, 'name of the system call or of the phase that the hook measures, most time first'))
  calls!: Record<string, CallTotalsDto>;
  @ApiProperty({ type: 'object', description: "The hook's own numbers", additionalProperties: { type: 'number' } })
  counters!: Record<string, number>;
}
