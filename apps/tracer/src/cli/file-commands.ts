import { once } from 'node:events';
import type { Call, Command } from './command.js';
import { CliError, EXIT, usageError } from './exit-codes.js';
import { FILTER_OPTIONS, filesNamed, filterQuery, readFilter } from './event-filters.js';
import { GatewayRefusal } from './gateway.js';
import { didYouMean } from './nearest.js';
import type { Output } from './output.js';
import { showBytes, showCount, showMoment, showNs } from './quantities.js';

const NO_DEADLINE = 0;
const DEFAULT_EVENTS = 1000;

interface FileList {
  readonly files: readonly { readonly path: string; readonly state: string; readonly is_small: boolean }[];
}

export const filesCommand: Command = {
  name: 'files',
  summary: 'list the trace files',
  usage: '',
  operands: [0, 0],
  options: {},
  async run({ gateway, output }) {
    const [list, stats] = await Promise.all([
      gateway.json<FileList>('/api/v1/files'),
      gateway.json<{ files: readonly FileFigures[] }>('/api/v1/stats', { deadlineMs: NO_DEADLINE }),
    ]);
    if (output.json) {
      output.document(list);
      return EXIT.ok;
    }
    const figures = new Map(stats.files.map((file) => [file.file_path, file]));
    output.table(
      [
        { title: 'FILE', value: ({ path }) => path, flexible: true },
        { title: 'STATE', value: ({ state }) => state },
        { title: 'EVENTS', right: true, value: ({ path }) => showCount(figures.get(path)?.total_events ?? 0) },
        {
          title: 'FROM (UTC)',
          value: ({ path }) => showMoment(figures.get(path)?.time_range?.min_timestamp_us).slice(0, 19),
        },
        {
          title: 'SECONDS',
          right: true,
          value: ({ path }) => (figures.get(path)?.time_range?.time_span_seconds ?? 0).toFixed(1),
        },
      ],
      list.files,
    );
    if (list.files.length === 0) output.note('no trace files; they are looked for in TRACE_DIR of the gateway');
    return EXIT.ok;
  },
};

interface FileFigures {
  readonly file_path: string;
  readonly total_events?: number;
  readonly time_range?: { readonly min_timestamp_us: number; readonly time_span_seconds: number };
}

export const eventsCommand: Command = {
  name: 'events',
  summary: 'events of a trace file or session, one JSON object a line',
  usage: '<file|session> [filter...] [--limit N | --all | --follow]',
  operands: [1, 1],
  operandCompletion: 'trace-files',
  options: {
    ...FILTER_OPTIONS,
    limit: { type: 'string', value: 'N', description: `at most so many (default ${DEFAULT_EVENTS})` },
    all: { type: 'boolean', description: 'all of them' },
    resolve: { type: 'boolean', description: 'add the texts behind hashes: file and host names' },
    follow: { type: 'boolean', short: 'f', description: 'of a session that runs: events as they happen, unfiltered' },
  },
  examples: [
    'tracer events job7/rank-3.pfw.gz --name read --longer 5ms --limit 20',
    "tracer events 3115535932259004908 --where 'args.ret=-2' --all > failed.ndjson",
  ],
  async run(call) {
    const { given, gateway, output, nowMs } = call;
    const [operand = ''] = given.operands;
    if (given.flag('all') && given.text('limit') !== undefined)
      throw usageError('events: --all and --limit contradict each other');
    if (given.flag('follow')) return followEvents(call, operand);
    const limit = given.flag('all') ? 0 : (given.count('limit', 1) ?? DEFAULT_EVENTS);
    const query = {
      file: await filesNamed(operand, gateway),
      ...filterQuery(readFilter(given, nowMs())),
      limit,
      metadata: 'none',
      ...(given.flag('resolve') ? { resolve: 1 } : {}),
    };
    const events = gateway.stream('/api/v1/events/stream', { query, deadlineMs: NO_DEADLINE });
    const lines = await copied(events, output).catch((error: unknown) => withFileHint(error, operand, call));
    if (limit > 0 && lines >= limit)
      output.note(
        `${limit === 1 ? 'the first event' : `the first ${showCount(limit)} events`}; --all shows all, --limit N others`,
      );
    return call.interrupted.aborted ? EXIT.interrupted : EXIT.ok;
  },
};

async function followEvents(call: Call, operand: string): Promise<number> {
  if (!/^\d+$/.test(operand)) throw usageError('events: --follow takes a session (tracer sessions lists them)');
  await copied(call.gateway.stream(`/v1/trace-session/${operand}/events`), call.output);
  return EXIT.ok;
}

/** Passes an answer on no faster than it is taken; resolves with the number of lines. Bytes are kept as they are. */
async function copied(pieces: AsyncIterable<Uint8Array>, { out }: Output): Promise<number> {
  let lines = 0;
  for await (const piece of pieces) {
    for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) lines++;
    // Node's streams say with false that they hold enough; what a test hands in may have no such events.
    if (out.write(piece) === false && 'once' in out) await once(out as NodeJS.WriteStream, 'drain');
  }
  return lines;
}

async function withFileHint(error: unknown, operand: string, { gateway }: Call): Promise<never> {
  if (!(error instanceof GatewayRefusal) || error.status !== 404) throw error;
  const list = await gateway.json<FileList>('/api/v1/files').catch(() => ({ files: [] }));
  const paths = list.files.map(({ path }) => path);
  throw new CliError(EXIT.failed, `there is no trace file "${operand}"${didYouMean(operand, paths)}`, [
    'tracer files   lists them; a file elsewhere must first be in the trace directory (TRACE_DIR)',
  ]);
}

const AGGREGATES = ['count', 'sum', 'mean', 'p50', 'p99', 'max'] as const;
const ORDERS = [...AGGREGATES, 'bytes'] as const;

interface Groups {
  readonly groups: readonly {
    readonly key: Readonly<Record<string, string | number | null>>;
    readonly values: Readonly<Record<string, number | null>>;
  }[];
  readonly total_groups: number;
  readonly matched: number;
  readonly left_out: number;
}

export const statsCommand: Command = {
  name: 'stats',
  summary: 'counts, times and bytes of trace files, grouped',
  usage: '[file|session...] [--by FIELD...] [filter...]',
  operands: [0, 1000],
  operandCompletion: 'trace-files',
  options: {
    by: {
      type: 'string',
      value: 'FIELDS',
      description: 'name (default), cat, pid, tid, file, fname, hostname, time, size, args.KEY; more with commas',
      completion: ['name', 'cat', 'pid', 'tid', 'file', 'fname', 'hostname', 'time', 'size'],
    },
    sort: { type: 'string', value: 'FIGURE', description: `${ORDERS.join(', ')} (default sum)`, completion: ORDERS },
    limit: { type: 'string', value: 'N', description: 'so many groups (default 20)' },
    ...FILTER_OPTIONS,
  },
  examples: ['tracer stats', 'tracer stats 3115535932259004908 --by fname --sort bytes --name read'],
  async run(call) {
    const { given, gateway, output, nowMs } = call;
    const by = (given.text('by') ?? 'name').split(',').filter((field) => field !== '');
    const sort = given.oneOf('sort', ORDERS) ?? 'sum';
    const files = (await Promise.all(given.operands.map((operand) => filesNamed(operand, gateway)))).flat();
    const body = {
      ...(files.length > 0 ? { files } : {}),
      ...readFilter(given, nowMs()),
      group_by: by,
      aggregate: [...AGGREGATES, 'bytes'],
      order_by: sort,
      limit: given.count('limit', 1) ?? 20,
    };
    const answer = await gateway
      .json<Groups>('/api/v1/query', { method: 'POST', body, deadlineMs: NO_DEADLINE })
      .catch((error: unknown) => withFileHint(error, files.join(', '), call));
    if (output.json) output.document(answer);
    else showGroups(output, by, answer);
    if (answer.left_out > 0) output.warn(`${showCount(answer.left_out)} events of further groups are not counted`);
    return answer.left_out > 0 ? EXIT.incomplete : EXIT.ok;
  },
};

function showGroups(output: Output, by: readonly string[], { groups, total_groups, matched }: Groups): void {
  type Group = Groups['groups'][number];
  const us = (name: string) => ({
    title: name.toUpperCase(),
    right: true,
    value: ({ values }: Group) => (typeof values[name] === 'number' ? showNs(values[name] * 1000) : ''),
  });
  output.table<Group>(
    [
      ...by.map((field) => ({
        title: field.toUpperCase(),
        flexible: true,
        value: ({ key }: Group) => (field === 'time' ? showMoment(Number(key[field])) : String(key[field] ?? '')),
      })),
      { title: 'COUNT', right: true, value: ({ values }) => showCount(values['count'] ?? 0) },
      us('sum'),
      us('mean'),
      us('p50'),
      us('p99'),
      us('max'),
      { title: 'BYTES', right: true, value: ({ values }) => (values['bytes'] ? showBytes(values['bytes']) : '') },
    ],
    groups,
  );
  output.note(
    `${showCount(matched)} events${total_groups > groups.length ? `; ${showCount(groups.length)} of ${showCount(total_groups)} groups` : ''}`,
  );
}
