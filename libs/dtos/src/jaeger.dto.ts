import { ApiProperty } from '@nestjs/swagger';

/** The envelope of Jaeger's query service. */
export class JaegerAnswerDto {
  @ApiProperty({ type: [Object], nullable: true }) data!: unknown[] | null;
  @ApiProperty({ type: 'integer' }) total!: number;
  @ApiProperty({ type: 'integer' }) limit!: number;
  @ApiProperty({ type: 'integer' }) offset!: number;
  @ApiProperty({ type: [Object], nullable: true }) errors!: unknown[] | null;
}
