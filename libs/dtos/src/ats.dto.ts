import { ApiProperty } from '@nestjs/swagger';

/** The envelope of ATS answers. */
export class AtsEnvelopeDto {
  @ApiProperty({ example: 'SVCSTG.ATS.2000' }) errorCode!: string;
  @ApiProperty({ nullable: true, type: String, example: null }) errorMessage!: string | null;
  @ApiProperty({ description: 'a list of texts, or { count, traceChains }', type: Object }) responseInfo!: unknown;
}

/** What ATS says when there is nothing, or the request is wrong. */
export class AtsFailureDto {
  @ApiProperty({ example: 'SVCSTG.ATS.200103' }) errorCode!: string;
  @ApiProperty({ example: 'query trace result is empty.' }) errorMessage!: string;
}
