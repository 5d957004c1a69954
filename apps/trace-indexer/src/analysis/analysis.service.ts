import type { CountersDto, EventNameDto, EventNamesDto, LaneDto, LanesDto, TraceGroupsDto } from '@tracer/dtos';
import { GroupTable, IoSeries, LaneTable, type GroupRow, type GroupSpec, type LaneRow } from '@tracer/trace-index';
import { feedFiles, hashesOf, type FileAccess, type OpenTrace } from '../catalogue/file-access.js';
import type { Selection } from '../http/event-parameters.js';
import { groupsDto, largestRows, needsBytes, needsQuantiles } from './group-answer.js';
import type { GroupQuery } from './group-query.js';
import { laneFactsOf, type LaneFacts } from './lane-facts.js';

/** Groups that fit into memory. */
const MAX_GROUPS = 500_000;

export interface NamesQuery extends Selection {
  readonly limit: number;
}

export interface CountersQuery extends Selection {
  readonly buckets: number;
  /** As asked for; else where the events begin and end. */
  readonly minUs: number | undefined;
  readonly maxUs: number | undefined;
}

/** Tables about selections. */
export class AnalysisService {
  constructor(private readonly access: FileAccess) {}

  async groups(query: GroupQuery, signal: AbortSignal): Promise<TraceGroupsDto> {
    const { by, timeBucketUs } = query;
    const spec = {
      by,
      timeBucketUs,
      bytes: needsBytes(query),
      quantiles: needsQuantiles(query),
      maxGroups: MAX_GROUPS,
    };
    return groupsDto(await this.#table(query, spec, signal), query);
  }

  async names(query: NamesQuery, signal: AbortSignal): Promise<EventNamesDto> {
    const spec = { by: ['name', 'cat'], timeBucketUs: 1, bytes: false, quantiles: false, maxGroups: MAX_GROUPS };
    const table = await this.#table(query, spec, signal);
    const rows = largestRows(table, 'sum', query.limit);
    return {
      names: rows.map(nameDto),
      total: table.rows.length,
      truncated: rows.length < table.rows.length,
      left_out: table.leftOut,
    };
  }

  async lanes(query: Selection, signal: AbortSignal): Promise<LanesDto> {
    const lanes: LaneDto[] = [];
    const tables: { readonly trace: OpenTrace; readonly table: LaneTable }[] = [];
    const tableOf = (trace: OpenTrace): LaneTable => {
      const table = new LaneTable();
      tables.push({ trace, table });
      return table;
    };
    await feedFiles(this.access, query, query.filter, tableOf, signal);
    for (const { trace, table } of tables) {
      const facts = await laneFactsOf(trace.reader, signal);
      const rows = table.rows.sort((a, b) => order(a.pid, b.pid) || order(a.tid, b.tid));
      lanes.push(...rows.map((row) => laneDto(trace.file.path, row, facts)));
    }
    return { lanes };
  }

  async counters(query: CountersQuery, signal: AbortSignal): Promise<CountersDto> {
    await this.access.files(query.files);
    const bounds = await this.access.bounds(query.wait);
    const beginUs = query.minUs ?? bounds?.minUs ?? 0;
    const endUs = Math.max(beginUs, query.maxUs ?? bounds?.maxUs ?? 0);
    const series = new IoSeries({ beginUs, endUs, buckets: query.buckets });
    if (bounds) await feedFiles(this.access, query, query.filter, () => series, signal);
    return {
      begin_us: bounds === undefined && query.minUs === undefined ? null : beginUs,
      bucket_us: series.bucketUs,
      operations: [...series.operations],
      read_operations: [...series.readOperations],
      write_operations: [...series.writeOperations],
      read_bytes: [...series.readBytes],
      write_bytes: [...series.writeBytes],
      busy_us: [...series.busyUs],
      untimed: series.untimed,
    };
  }

  async #table(query: Selection, spec: GroupSpec, signal: AbortSignal): Promise<GroupTable> {
    const table = new GroupTable(spec);
    const resolves = spec.by.includes('fname') || spec.by.includes('hostname');
    const begin = async ({ file, reader }: OpenTrace): Promise<GroupTable> => {
      table.context = { path: file.path, hashes: await hashesOf(reader, resolves, signal) };
      return table;
    };
    await feedFiles(this.access, query, query.filter, begin, signal);
    return table;
  }
}

function order(a: number | undefined, b: number | undefined): number {
  return a === b ? 0 : (a ?? -Infinity) - (b ?? -Infinity);
}

function nameDto({ key: [name = null, cat = null], count, timed, sumUs, minUs, maxUs }: GroupRow): EventNameDto {
  return {
    name: name === null ? null : String(name),
    cat: cat === null ? null : String(cat),
    count,
    total_us: sumUs,
    mean_us: timed === 0 ? null : sumUs / timed,
    min_us: timed === 0 ? null : minUs,
    max_us: timed === 0 ? null : maxUs,
  };
}

function laneDto(file: string, row: LaneRow, facts: LaneFacts): LaneDto {
  const { pid, tid } = row;
  const timed = row.minUs !== Infinity;
  return {
    file,
    pid: pid ?? null,
    tid: tid ?? null,
    ...facts.ofProcess(pid),
    ...facts.ofThread(pid, tid),
    events: row.events,
    min_timestamp_us: timed ? row.minUs : null,
    max_timestamp_us: timed ? row.maxUs : null,
    busy_us: row.busyUs,
  };
}
