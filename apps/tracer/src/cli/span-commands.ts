import type { SpanSearchResultDto } from '@tracer/dtos';
import { withoutControls } from '../control-characters.js';
import type { Call, Command } from './command.js';
import { EXIT, usageError } from './exit-codes.js';
import { condition } from './event-filters.js';
import { showCount, showMoment, showNs } from './quantities.js';

const KINDS = ['INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'] as const;
const FORMATS = ['zipkin', 'otlp', 'chrome', 'ats'] as const;
const MOST_ROWS = 10_000;

export const searchSpansCommand: Command = {
  name: 'spans search',
  summary: 'find traces by what one of their spans is like',
  usage: '[condition...]',
  operands: [0, 0],
  options: {
    service: { type: 'string', value: 'NAME', description: 'service that recorded the span' },
    name: { type: 'string', value: 'NAME', description: 'name of the span' },
    kind: { type: 'string', value: 'KIND', description: KINDS.join(', '), completion: KINDS },
    errors: { type: 'boolean', description: 'spans that failed' },
    longer: { type: 'string', value: 'TIME', description: 'lasted at least so long, such as 200ms' },
    shorter: { type: 'string', value: 'TIME', description: 'lasted at most so long' },
    from: {
      type: 'string',
      value: 'WHEN',
      description: 'begun after: 1h (so long ago), ISO 8601, epoch µs (default 1d)',
    },
    to: { type: 'string', value: 'WHEN', description: 'begun before (default now)' },
    where: {
      type: 'string',
      value: 'CONDITION',
      multiple: true,
      description: "attribute and value, such as 'http.route=/pay', 'http.response.status_code>499'",
    },
    slowest: { type: 'boolean', description: 'longest first, instead of newest first' },
    limit: { type: 'string', value: 'N', description: 'traces, 1 to 500 (default 20)' },
  },
  examples: ['tracer spans search --service front --errors --from 1h', 'tracer spans search --longer 200ms --slowest'],
  async run(call) {
    const { gateway, output } = call;
    const answer = await gateway.json<SpanSearchResultDto>('/api/v1/spans/search', {
      method: 'POST',
      body: searchBody(call),
    });
    if (output.json) {
      output.document(answer);
      return EXIT.ok;
    }
    output.table(
      [
        { title: 'TRACE', value: ({ traceId }) => traceId },
        { title: 'STARTED (UTC)', value: ({ startUs }) => showMoment(startUs) },
        {
          title: 'LASTED',
          right: true,
          value: ({ durationUs }) => (durationUs === undefined ? '' : showNs(durationUs * 1000)),
        },
        { title: 'SPANS', right: true, value: ({ spanCount }) => showCount(spanCount) },
        { title: 'ERRORS', right: true, value: ({ errorCount }) => showCount(errorCount) },
        { title: 'ROOT', value: ({ root, match }) => spanTitle(root ?? match), flexible: true },
        { title: 'SERVICES', value: ({ services }) => services.join(', '), flexible: true },
      ],
      answer.traces,
    );
    const looked = `${showCount(answer.matchedSpans)} of ${showCount(answer.scannedSpans)} spans match`;
    output.note(
      answer.complete ? looked : `${looked}; there may be more: a longer --limit or a narrower time shows them`,
    );
    return EXIT.ok;
  },
};

function spanTitle({ service, name }: { service: string; name: string }): string {
  return service === '' ? name : `${service}: ${name}`;
}

function searchBody({ given, nowMs }: Call): Record<string, unknown> {
  const now = nowMs();
  const longer = given.durationMs('longer');
  const shorter = given.durationMs('shorter');
  const attributes = given.texts('where').map((text) => {
    const { field, op, value } = condition(text);
    if (op === '>=' || op === '<=') throw usageError(`--where: attributes of spans know = != > and <, not ${op}`);
    return { key: field, op, value: String(value) };
  });
  const body = {
    service: given.text('service'),
    name: given.text('name'),
    kind: given.oneOf('kind', KINDS),
    status: given.flag('errors') ? 'error' : undefined,
    minDurationUs: longer === undefined ? undefined : longer * 1000,
    maxDurationUs: shorter === undefined ? undefined : shorter * 1000,
    fromUs: given.momentUs('from', now),
    toUs: given.momentUs('to', now),
    attributes: attributes.length > 0 ? attributes : undefined,
    sort: given.flag('slowest') ? 'duration' : undefined,
    limit: given.count('limit', 1),
  };
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
}

interface Row {
  readonly depth: number;
  readonly name: string;
  readonly kind?: string;
  readonly service?: string;
  readonly startNs?: string;
  readonly durationNs?: string;
  readonly failed?: boolean;
  readonly orphan?: boolean;
  readonly statusMessage?: string;
}

export const getSpansCommand: Command = {
  name: 'spans get',
  summary: 'one trace as a tree, or exported',
  usage: '<trace id> [--format FORMAT]',
  operands: [1, 1],
  options: {
    format: {
      type: 'string',
      value: 'FORMAT',
      description: `${FORMATS.join(', ')} (chrome opens in Perfetto)`,
      completion: FORMATS,
    },
    limit: { type: 'string', value: 'N', description: `rows, at most ${MOST_ROWS} (default 1000)` },
    depth: { type: 'string', value: 'N', description: 'levels of the tree' },
  },
  examples: ['tracer spans get 463ac35c9f6413ad', 'tracer spans get 463ac35c9f6413ad --format chrome > trace.json'],
  async run(call) {
    const { given, gateway, output } = call;
    const path = `/api/v1/traces/${encodeURIComponent(given.operands[0] ?? '')}`;
    const format = given.oneOf('format', FORMATS);
    if (format !== undefined) {
      for await (const piece of gateway.stream(`${path}/export`, { query: { format } })) output.out.write(piece);
      return EXIT.ok;
    }
    const trace = await gateway.json<{ rows: readonly Row[]; total?: number }>(path, {
      query: { limit: given.count('limit', 1), depth: given.count('depth', 0) },
    });
    if (output.json) output.document(trace);
    else showTree(call, trace.rows, trace.total ?? trace.rows.length);
    return EXIT.ok;
  },
};

function showTree({ output }: Call, rows: readonly Row[], total: number): void {
  const starts = rows.flatMap(({ startNs }) => (startNs === undefined ? [] : [BigInt(startNs)]));
  const first = starts.reduce((a, b) => (b < a ? b : a), starts[0] ?? 0n);
  output.table(
    [
      {
        title: 'SPAN',
        value: (row) => `${'  '.repeat(row.depth)}${spanTitle({ service: row.service ?? '', name: row.name })}`,
        flexible: true,
      },
      { title: 'KIND', value: ({ kind = '' }) => kind.toLowerCase() },
      {
        title: 'AFTER',
        right: true,
        value: ({ startNs }) => (startNs === undefined ? '' : showNs(Number(BigInt(startNs) - first))),
      },
      {
        title: 'LASTED',
        right: true,
        value: ({ durationNs }) => (durationNs === undefined ? '' : showNs(Number(durationNs))),
      },
      { title: '', value: remarks, flexible: true },
    ],
    rows,
  );
  if (total > rows.length) output.note(`${showCount(rows.length)} of ${showCount(total)} spans; --limit N shows more`);
}

function remarks({ failed = false, orphan = false, statusMessage = '' }: Row): string {
  const words = [...(failed ? [`FAILED ${statusMessage}`.trim()] : []), ...(orphan ? ['its parent is missing'] : [])];
  return withoutControls(words.join('; '));
}

export const servicesCommand: Command = {
  name: 'spans services',
  summary: 'services that sent spans in the last day',
  usage: '',
  operands: [0, 0],
  options: {},
  async run({ gateway, output }) {
    const answer = await gateway.json<{ services: readonly string[] }>('/api/v1/services');
    if (output.json) output.document(answer);
    else for (const service of answer.services) output.line(withoutControls(service));
    return EXIT.ok;
  },
};
