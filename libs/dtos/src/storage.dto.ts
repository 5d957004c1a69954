import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

const INTEGER = { type: 'integer' } as const;
const TIME = { format: 'date-time' } as const;

export const STORED_KINDS = ['spans', 'replication events', 'feature runs', 'trace files', 'indexes'] as const;
export type StoredKind = (typeof STORED_KINDS)[number];

/** What is kept at most. */
export class StorageLimitsDto {
  @ApiPropertyOptional({ type: 'number', description: 'Days for which it is kept' }) days?: number;
  @ApiPropertyOptional({ ...INTEGER, description: 'Bytes that are kept' }) bytes?: number;
  @ApiPropertyOptional({ ...INTEGER, description: 'How many are kept' }) count?: number;
}

/** What goes next of its own accord. */
export class NextPurgeDto {
  @ApiProperty({ ...TIME, description: 'When, if nothing else comes' }) at!: string;
  @ApiProperty({ enum: ['age', 'bytes', 'count'], description: 'Which limit is reached' }) because!:
    'age' | 'bytes' | 'count';
  @ApiPropertyOptional({ ...INTEGER, description: 'Bytes that go, where that is known before' }) bytes?: number;
}

/** One kind of data that a service keeps. */
export class StoredKindDto {
  @ApiProperty({ enum: STORED_KINDS }) kind!: StoredKind;
  @ApiProperty({ description: 'Service that keeps it' }) service!: string;
  @ApiProperty({ ...INTEGER, description: 'On disk, indexes of the database included' }) bytes!: number;
  @ApiProperty({ ...INTEGER, description: 'Spans (estimated by the database), events, runs or files' }) count!: number;
  @ApiPropertyOptional({ ...TIME, description: 'Of the oldest; of spans the day' }) oldest?: string;
  @ApiPropertyOptional({ ...TIME, description: 'Of the newest; of spans the day' }) newest?: string;
  @ApiProperty({ type: StorageLimitsDto, description: 'Nothing in it: everything is kept until somebody deletes it' })
  limits!: StorageLimitsDto;
  @ApiPropertyOptional({ type: NextPurgeDto, description: 'Absent while nothing is due to go' })
  nextPurge?: NextPurgeDto;
  @ApiPropertyOptional({ ...INTEGER, description: 'Left for it on the file system; of files only' })
  freeBytes?: number;
}

export class MissingStorageDto {
  @ApiProperty() service!: string;
  @ApiProperty({ description: 'Why it could not say' }) reason!: string;
}

/** What is stored, how old it is, and what will go. */
export class StorageDto {
  @ApiProperty({ ...INTEGER, description: 'Of all kinds' }) bytes!: number;
  @ApiProperty({ type: [StoredKindDto] }) kinds!: StoredKindDto[];
  @ApiPropertyOptional({ type: [MissingStorageDto], description: 'Services whose part is missing' })
  missing?: MissingStorageDto[];
}

export function storageOf(kinds: StoredKindDto[], missing: MissingStorageDto[] = []): StorageDto {
  const bytes = kinds.reduce((sum, kind) => sum + kind.bytes, 0);
  return { bytes, kinds, ...(missing.length === 0 ? {} : { missing }) };
}
