import { TracerError } from '@tracer/base';
import {
  RUN_STEPS,
  type AddedStep,
  type FinishedRun,
  type LiveRun,
  type RunKey,
  type RunLimits,
  type RunSelection,
  type RunsExpired,
  type RunStep,
  type RunStore,
  type RunTotals,
  type TagFigures,
  type TagSelection,
  type TimedRun,
} from '@tracer/storage';
import type { DataSource, EntityManager } from 'typeorm';
import { namedQuery, type NamedStatement } from '../named-query.js';
import {
  idBytes,
  keyDigest,
  LIVE_COLUMNS,
  readLiveRow,
  readRunRow,
  readTagRow,
  RUN_COLUMNS,
  tagDigest,
  type LiveRow,
  type RunRow,
  type TagRow,
} from './run-rows.js';

const PAGE_RUNS = 500;
/** Bytes of runs that are held at a time, by an estimate kept with each run. */
const PAGE_BYTES = 8 << 20;
const SELECTED_BYTES = 64 << 20;
/** So that sums of bigints fit. */
const ALL = String(2n ** 62n);

/** Runs of features in PostgreSQL. */
export class PostgresRunStore implements RunStore {
  constructor(
    private readonly source: DataSource,
    private readonly mostSteps = RUN_STEPS,
  ) {}

  readonly #alone: Ask = (statement, values) => namedQuery(this.source, statement, values);

  async start(key: RunKey, nowUs: number): Promise<number> {
    const values = [keyDigest(key), tagDigest(key.tag), Buffer.from(key.tag), idBytes(key.id), nowUs];
    await namedQuery(this.source, START, values);
    return nowUs;
  }

  step(key: RunKey, name: string, tracked: boolean, nowUs: number): Promise<AddedStep | undefined> {
    return this.#addStep(this.#alone, key, { name, tracked }, nowUs);
  }

  async finish(
    key: RunKey,
    nowUs: number,
    { step, endUs }: { readonly step?: Omit<RunStep, 'atUs'>; readonly endUs?: number } = {},
  ): Promise<FinishedRun | undefined> {
    if (step === undefined) return finish(this.#alone, key, nowUs, endUs);
    return this.source.transaction(async (transaction) => {
      const together: Ask = ({ text }, values) => transaction.query(text, values);
      const added = await this.#addStep(together, key, step, nowUs);
      // A clock that jumped ahead of the last step must not make the run end behind it.
      return added && finish(together, key, nowUs, endUs ?? added.atUs);
    });
  }

  async add(runs: readonly TimedRun[], nowUs: number): Promise<void> {
    if (runs.length === 0) return;
    await this.source.transaction(async (transaction) => {
      await transaction.query('SELECT perf_lock_tags()');
      for (const run of runs) await addRun(transaction, run, nowUs);
    });
  }

  async *finished(tag: string): AsyncIterable<readonly FinishedRun[]> {
    for (let after = '0'; ;) {
      const rows = await this.source.query<RunRow[]>(boundedRuns('seq > $2', 'ASC', PAGE_RUNS, PAGE_BYTES), [
        tagDigest(tag),
        after,
      ]);
      const last = rows.at(-1);
      if (last === undefined) return;
      yield rows.map((row) => readRunRow(tag, row));
      after = last.seq;
    }
  }

  async select(tag: string, { idPrefix = '', fromUs, toUs, beforeSeq, limit }: RunSelection): Promise<FinishedRun[]> {
    const prefix = Buffer.from(idPrefix);
    const condition = `substring(coalesce(id, '') FROM 1 FOR ${prefix.length}) = $2
      AND end_us >= coalesce($3::bigint, -${ALL}) AND end_us < coalesce($4::bigint, ${ALL})
      AND seq < coalesce($5::bigint, ${ALL})`;
    const rows = await this.source.query<RunRow[]>(boundedRuns(condition, 'DESC', limit, SELECTED_BYTES), [
      tagDigest(tag),
      prefix,
      fromUs,
      toUs,
      beforeSeq,
    ]);
    return rows.map((row) => readRunRow(tag, row)).reverse();
  }

  async run(seq: number): Promise<FinishedRun | undefined> {
    const [row] = await this.source.query<(RunRow & { tag: Buffer })[]>(
      `SELECT tag, ${RUN_COLUMNS} FROM perf_run r JOIN perf_tag t ON t.digest = r.tag_digest WHERE seq = $1`,
      [seq],
    );
    return row && readRunRow(row.tag.toString(), row);
  }

  async live(tag: string, limit: number): Promise<LiveRun[]> {
    const rows = await this.source.query<LiveRow[]>(
      `SELECT ${LIVE_COLUMNS} FROM perf_live WHERE tag_digest = $1 ORDER BY start_us, run LIMIT $2`,
      [tagDigest(tag), limit],
    );
    return rows.map(readLiveRow);
  }

  async newestLive(limit: number): Promise<LiveRun[]> {
    const rows = await this.source.query<LiveRow[]>(
      `SELECT ${LIVE_COLUMNS} FROM perf_live ORDER BY start_us DESC, run DESC LIMIT $1`,
      [limit],
    );
    return rows.map(readLiveRow);
  }

  async tags(): Promise<string[]> {
    const rows = await this.source.query<{ tag: Buffer }[]>('SELECT tag FROM perf_tag ORDER BY place');
    return rows.map(({ tag }) => tag.toString());
  }

  async tagFigures({ contains = '', beforePlace, limit }: TagSelection): Promise<TagFigures[]> {
    const rows = await this.source.query<TagRow[]>(
      `SELECT tag, place,
              (SELECT count(*) FROM perf_run r WHERE r.tag_digest = t.digest) AS runs,
              (SELECT count(*) FROM perf_live l WHERE l.tag_digest = t.digest) AS live,
              (SELECT end_us FROM perf_run r WHERE r.tag_digest = t.digest ORDER BY seq DESC LIMIT 1) AS last_end_us
       FROM perf_tag t WHERE position($1::bytea IN tag) > 0 AND place < coalesce($2::bigint, ${ALL})
       ORDER BY place DESC LIMIT $3`,
      [Buffer.from(contains), beforePlace, limit],
    );
    return rows.map(readTagRow);
  }

  async delete(tag: string): Promise<void> {
    const digest = tagDigest(tag);
    await this.source.transaction(async (transaction) => {
      await transaction.query('SELECT perf_lock_tags()');
      // Waits for runs of the tag that are being finished, and they are gone then too.
      await transaction.query('SELECT FROM perf_tag WHERE digest = $1 FOR UPDATE', [digest]);
      await transaction.query('DELETE FROM perf_run WHERE tag_digest = $1', [digest]);
      await transaction.query('DELETE FROM perf_tag WHERE digest = $1', [digest]);
    });
  }

  async totals(): Promise<RunTotals> {
    const [row] = await this.source.query<[Record<string, string>]>(
      `SELECT (SELECT count(*) FROM perf_live) AS live, (SELECT count(*) FROM perf_run) AS finished,
              (SELECT count(*) FROM perf_tag) AS tags, e.live AS live_gone, e.finished AS finished_gone
       FROM perf_expired e`,
    );
    const number = (column: string): number => Number(row[column]);
    return {
      live: number('live'),
      finished: number('finished'),
      tags: number('tags'),
      expired: { live: number('live_gone'), finished: number('finished_gone') },
    };
  }

  async expire({ live, idleMs, finished, ageMs }: RunLimits, nowUs: number): Promise<RunsExpired> {
    const before = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : nowUs - ms * 1000);
    const [gone] = await this.source.query<[Record<keyof RunsExpired, string>]>(
      'SELECT * FROM perf_expire($1, $2, $3, $4)',
      [live, before(idleMs), finished, before(ageMs)],
    );
    return { live: Number(gone.live), finished: Number(gone.finished) };
  }

  async #addStep(
    ask: Ask,
    key: RunKey,
    { name, tracked }: Omit<RunStep, 'atUs'>,
    nowUs: number,
  ): Promise<AddedStep | undefined> {
    const [row] = await ask<StepRow>(STEP, [keyDigest(key), Buffer.from(name), tracked, nowUs, this.mostSteps]);
    if (row === undefined) return undefined;
    if (row.at_us === null) throw new TracerError('TOO_MANY', `a run has at most ${this.mostSteps} steps`);
    return { atUs: Number(row.at_us), durationUs: Number(row.duration_us) };
  }
}

/** Asks in a transaction or alone. */
type Ask = <T>(statement: NamedStatement, values: unknown[]) => Promise<T[]>;

interface StepRow {
  readonly at_us: string | null;
  readonly duration_us: string | null;
}

const START: NamedStatement = { name: 'perf_start', text: 'SELECT perf_start($1, $2, $3, $4, $5)' };
const STEP: NamedStatement = { name: 'perf_step', text: 'SELECT * FROM perf_step($1, $2, $3, $4, $5)' };
const FINISH: NamedStatement = {
  name: 'perf_finish',
  text: `SELECT ${RUN_COLUMNS} FROM perf_finish($1, $2, $3, $4)`,
};

async function finish(
  ask: Ask,
  key: RunKey,
  nowUs: number,
  endUs: number | undefined,
): Promise<FinishedRun | undefined> {
  const [row] = await ask<RunRow>(FINISH, [keyDigest(key), idBytes(key.id), nowUs, endUs]);
  return row && readRunRow(key.tag, row);
}

async function addRun(transaction: EntityManager, run: TimedRun, nowUs: number): Promise<void> {
  const digest = tagDigest(run.tag);
  const names = run.steps.map(({ name }) => Buffer.from(name));
  await transaction.query('SELECT perf_have_tag($1, $2)', [digest, Buffer.from(run.tag)]);
  await transaction.query(
    `INSERT INTO perf_run (tag_digest, id, start_us, end_us, finished_us, step_at_us, step_tracked, step_name, size)
     VALUES ($1, $2, $3, $4, $5, $6::bigint[], $7::boolean[], $8::bytea[], $9)`,
    [
      digest,
      idBytes(run.id),
      run.startUs,
      run.endUs,
      nowUs,
      run.steps.map(({ atUs }) => atUs),
      run.steps.map(({ tracked }) => tracked),
      names,
      names.reduce((sum, name) => sum + 20 + name.length, 100),
    ],
  );
}

/** Runs of the tag `$1` that fulfil the condition, as many as fit; the first is always among them. */
function boundedRuns(condition: string, direction: 'ASC' | 'DESC', limit: number, bytes: number): string {
  return `
    SELECT ${RUN_COLUMNS} FROM (
      SELECT *, sum(size) OVER (ORDER BY seq ${direction}) - size AS before FROM (
        SELECT * FROM perf_run WHERE tag_digest = $1 AND ${condition} ORDER BY seq ${direction} LIMIT ${limit}) first) sized
    WHERE before < ${bytes} ORDER BY seq ${direction}`;
}
