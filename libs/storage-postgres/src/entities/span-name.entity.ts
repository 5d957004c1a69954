import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a name is a name of. `tag:<key>` rows hold the values of a tag that is offered for completion. */
export type SpanNameKind = 'service' | 'span' | 'remote' | `tag:${string}`;

/** A name that spans of a service carried, and until when (epoch microseconds, rounded up to the hour). */
@Entity({ name: 'span_name' })
export class SpanNameEntity {
  @PrimaryColumn({ type: 'text' })
  tenant!: string;

  @PrimaryColumn({ type: 'text' })
  kind!: SpanNameKind;

  /** Lower case; '' for tag values, which are not kept by service. */
  @PrimaryColumn({ type: 'text' })
  service!: string;

  @PrimaryColumn({ type: 'text' })
  value!: string;

  @Column({ name: 'last_us', type: 'bigint' })
  lastUs!: string;
}
