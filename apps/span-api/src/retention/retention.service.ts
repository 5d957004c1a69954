import type { RetentionDto } from '@tracer/dtos';
import type { StoredDay } from '@tracer/storage-postgres';
import type { RetentionJob } from './retention-job.js';

/** Retention as the API shows it. */
export class RetentionService {
  constructor(private readonly job: RetentionJob) {}

  async plan(): Promise<RetentionDto> {
    return this.#shown(await this.job.plan());
  }

  /** Drops what is beyond the limits; answers with what went. */
  async run(): Promise<RetentionDto> {
    return this.#shown(await this.job.run());
  }

  #shown(days: readonly StoredDay[]): RetentionDto {
    const { days: keepDays, bytes: keepBytes } = this.job.limits;
    return {
      ...(keepDays === undefined ? {} : { keepDays }),
      ...(keepBytes === undefined ? {} : { keepBytes }),
      bytes: days.reduce((sum, { bytes }) => sum + bytes, 0),
      days: days.map(({ day, bytes, spans, purge }) => ({
        ...(day === undefined ? {} : { day }),
        bytes,
        spans,
        ...(purge === undefined ? {} : { drop: purge }),
      })),
    };
  }
}
