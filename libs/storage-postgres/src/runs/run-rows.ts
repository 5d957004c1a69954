import type { FinishedRun, LiveRun, RunKey, TagFigures } from '@tracer/storage';
import { digestOf } from '../digest.js';

/** What is selected to read a finished run back. */
export const RUN_COLUMNS = 'seq, id, start_us, end_us, step_at_us, step_tracked, step_name';

export interface RunRow {
  readonly seq: string;
  readonly id: Buffer | null;
  readonly start_us: string;
  readonly end_us: string;
  readonly step_at_us: readonly string[];
  readonly step_tracked: readonly boolean[];
  readonly step_name: readonly Buffer[];
}

export function readRunRow(tag: string, row: RunRow): FinishedRun {
  return {
    tag,
    id: row.id === null ? null : row.id.toString(),
    seq: Number(row.seq),
    startUs: Number(row.start_us),
    endUs: Number(row.end_us),
    steps: row.step_name.map((name, index) => ({
      name: name.toString(),
      atUs: Number(row.step_at_us[index]),
      tracked: row.step_tracked[index] ?? true,
    })),
  };
}

/** What is selected to see a live run. */
export const LIVE_COLUMNS = 'tag, id, start_us, last_us, steps, last_step';

export interface LiveRow {
  readonly tag: Buffer;
  readonly id: Buffer | null;
  readonly start_us: string;
  readonly last_us: string;
  readonly steps: number;
  readonly last_step: Buffer | null;
}

export function readLiveRow({ tag, id, start_us, last_us, steps, last_step }: LiveRow): LiveRun {
  return {
    tag: tag.toString(),
    id: id === null ? null : id.toString(),
    startUs: Number(start_us),
    lastUs: Number(last_us),
    steps,
    ...(last_step !== null && { lastStep: last_step.toString() }),
  };
}

export interface TagRow {
  readonly tag: Buffer;
  readonly place: string;
  readonly runs: string;
  readonly live: string;
  readonly last_end_us: string | null;
}

export function readTagRow({ tag, place, runs, live, last_end_us }: TagRow): TagFigures {
  return {
    tag: tag.toString(),
    place: Number(place),
    runs: Number(runs),
    live: Number(live),
    lastEndUs: Number(last_end_us),
  };
}

export function tagDigest(tag: string): string {
  return digestOf(Buffer.from(tag)).toString('hex');
}

/** The length of the tag is part of what is digested, so that no two keys are one text. */
export function keyDigest({ tag, id }: RunKey): string {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(tag));
  return digestOf(length, Buffer.from(tag), Buffer.from(id ?? '')).toString('hex');
}

export function idBytes(id: string | null): Buffer | null {
  return id === null ? null : Buffer.from(id);
}
