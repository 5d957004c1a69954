import { storageOf, type NextPurgeDto, type StorageDto, type StorageLimitsDto, type StoredKindDto } from '@tracer/dtos';
import type { DmRetention, RunLimits } from '@tracer/storage';
import type { StoredDay, StoredFigures } from '@tracer/storage-postgres';
import type { RetentionJob } from '../retention/retention-job.js';

const DAY_MS = 86_400_000;
const SERVICE = 'span-api';

export interface StorageParts {
  readonly spans: Pick<RetentionJob, 'plan' | 'limits' | 'nextRunAtMs'>;
  readonly figures: () => Promise<{ readonly events: StoredFigures; readonly runs: StoredFigures }>;
  readonly dmLimits: DmRetention;
  readonly runLimits: RunLimits;
}

/** What the database holds, as the API shows it. */
export class StorageService {
  constructor(private readonly parts: StorageParts) {}

  async read(): Promise<StorageDto> {
    const { spans, dmLimits, runLimits } = this.parts;
    const [days, { events, runs }] = await Promise.all([spans.plan(), this.parts.figures()]);
    return storageOf([
      this.#spans(days),
      rows('replication events', events, limitsOf(dmLimits.ageMs, dmLimits.bytes, dmLimits.events), dmLimits.ageMs),
      rows('feature runs', runs, limitsOf(runLimits.ageMs, undefined, runLimits.finished), runLimits.ageMs),
    ]);
  }

  #spans(days: readonly StoredDay[]): StoredKindDto {
    const { limits, nextRunAtMs } = this.parts.spans;
    const known = days.flatMap(({ day }) => day ?? []).sort();
    const [oldest] = known;
    const newest = known.at(-1);
    const keep = limitsOf(limits.days === undefined ? undefined : limits.days * DAY_MS, limits.bytes);
    const nextPurge = nextDays(days, limits.days, nextRunAtMs);
    return {
      kind: 'spans',
      service: SERVICE,
      bytes: total(days, 'bytes'),
      count: total(days, 'spans'),
      ...(oldest === undefined ? {} : { oldest: midnight(oldest) }),
      ...(newest === undefined ? {} : { newest: midnight(newest) }),
      limits: keep,
      ...(nextPurge === undefined ? {} : { nextPurge }),
    };
  }
}

/** What the next run of retention drops, else when the oldest day will be too old. */
function nextDays(
  days: readonly StoredDay[],
  keepDays: number | undefined,
  nextRunAtMs: number,
): NextPurgeDto | undefined {
  const due = days.filter(({ purge }) => purge !== undefined);
  const [first] = due;
  if (first?.purge !== undefined)
    return { at: new Date(nextRunAtMs).toISOString(), because: first.purge, bytes: total(due, 'bytes') };
  const oldest = days.filter(({ day }) => day !== undefined).at(-1);
  if (keepDays === undefined || oldest?.day === undefined) return undefined;
  const atMs = Date.parse(oldest.day) + (keepDays + 1) * DAY_MS;
  return { at: new Date(atMs).toISOString(), because: 'age', bytes: oldest.bytes };
}

function rows(
  kind: StoredKindDto['kind'],
  { bytes, count, oldestUs, newestUs, agesFromUs }: StoredFigures,
  limits: StorageLimitsDto,
  ageMs: number | undefined,
): StoredKindDto {
  return {
    ...{ kind, service: SERVICE, bytes, count, limits },
    ...(oldestUs === undefined ? {} : { oldest: timeOf(oldestUs / 1000) }),
    ...(newestUs === undefined ? {} : { newest: timeOf(newestUs / 1000) }),
    ...(ageMs === undefined || agesFromUs === undefined
      ? {}
      : { nextPurge: { at: timeOf(agesFromUs / 1000 + ageMs), because: 'age' as const } }),
  };
}

function limitsOf(ageMs?: number, bytes?: number, count?: number): StorageLimitsDto {
  return {
    ...(ageMs === undefined ? {} : { days: ageMs / DAY_MS }),
    ...(bytes === undefined ? {} : { bytes }),
    ...(count === undefined ? {} : { count }),
  };
}

const total = (days: readonly StoredDay[], what: 'bytes' | 'spans'): number =>
  Math.round(days.reduce((sum, day) => sum + day[what], 0));
const midnight = (day: string): string => new Date(day).toISOString();
const timeOf = (ms: number): string => new Date(ms).toISOString();
