import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A trace file that an indexer knows: the record is a convenience for queries over many indexers, never required. */
@Entity({ name: 'trace_file' })
export class TraceFileEntity {
  /** Path relative to the trace directory, with `/`. */
  @PrimaryColumn({ type: 'text' })
  path!: string;

  @Column({ name: 'size_bytes', type: 'bigint' })
  sizeBytes!: string;

  @Column({ type: 'bigint' })
  events!: string;

  @Column({ name: 'start_us', type: 'bigint', nullable: true })
  startUs!: string | null;

  @Column({ name: 'end_us', type: 'bigint', nullable: true })
  endUs!: string | null;

  @Column({ name: 'indexed_at', type: 'timestamptz' })
  indexedAt!: Date;
}
