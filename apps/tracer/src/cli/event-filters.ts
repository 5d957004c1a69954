import type { Options } from './command.js';
import { CliError, EXIT, usageError } from './exit-codes.js';
import type { Gateway } from './gateway.js';
import type { Given } from './given.js';
import type { Sessions } from './kernel-answers.js';

/** Which events of trace files a command is about. */
export const FILTER_OPTIONS: Options = {
  name: { type: 'string', value: 'NAME', multiple: true, description: 'events of this name; repeat for several' },
  cat: {
    type: 'string',
    value: 'CATEGORY',
    multiple: true,
    description: 'events of this category; repeat for several',
  },
  pid: { type: 'string', value: 'PID', description: 'events of this process' },
  tid: { type: 'string', value: 'TID', description: 'events of this thread' },
  from: { type: 'string', value: 'WHEN', description: 'begun at or after: 1h (so long ago), ISO 8601, epoch µs' },
  to: { type: 'string', value: 'WHEN', description: 'begun at or before' },
  longer: { type: 'string', value: 'TIME', description: 'lasted at least so long, such as 5ms' },
  shorter: { type: 'string', value: 'TIME', description: 'lasted at most so long' },
  where: {
    type: 'string',
    value: 'CONDITION',
    multiple: true,
    description: "field and value, such as 'args.ret=-2', 'fname=/etc/hosts', 'args.ret>=4096'; all must hold",
  },
};

export interface Condition {
  readonly field: string;
  readonly op: '=' | '!=' | '>=' | '<=' | '>' | '<';
  readonly value: string | number;
}

/** What the filters say, in the words of the API. */
export interface EventFilter {
  readonly name?: readonly string[];
  readonly cat?: readonly string[];
  readonly pid?: number;
  readonly tid?: number;
  readonly ts_min?: number;
  readonly ts_max?: number;
  readonly dur_min?: number;
  readonly dur_max?: number;
  readonly filters?: readonly Condition[];
}

export function readFilter(given: Given, nowMs: number): EventFilter {
  const names = given.texts('name');
  const categories = given.texts('cat');
  const conditions = given.texts('where').map(condition);
  const longerMs = given.durationMs('longer');
  const shorterMs = given.durationMs('shorter');
  const all = {
    name: names.length > 0 ? names : undefined,
    cat: categories.length > 0 ? categories : undefined,
    pid: given.count('pid'),
    tid: given.count('tid'),
    ts_min: given.momentUs('from', nowMs),
    ts_max: given.momentUs('to', nowMs),
    dur_min: longerMs === undefined ? undefined : longerMs * 1000,
    dur_max: shorterMs === undefined ? undefined : shorterMs * 1000,
    filters: conditions.length > 0 ? conditions : undefined,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/**
 * `field op value`. A number is compared as one, as long as a double holds it: 64-bit hashes stay texts, which the
 * service compares exactly.
 */
export function condition(text: string): Condition {
  const [, field = '', op = '', value = ''] = /^\s*([\w.-]+)\s*(!=|>=|<=|=|>|<)\s*(.*)$/s.exec(text) ?? [];
  if (field === '')
    throw usageError(
      `--where: "${text}" is not a condition`,
      "write field=value, with = != > >= < <=, such as 'args.ret=-2'",
    );
  const isNumber = /^[+-]?\d+(\.\d+)?$/.test(value) && (value.includes('.') || Number.isSafeInteger(Number(value)));
  return { field, op: op as Condition['op'], value: isNumber ? Number(value) : value };
}

/** The filter as parameters of the event routes. Every name is a parameter of its own, so that commas in it are kept. */
export function filterQuery({ filters, ...rest }: EventFilter): Record<string, string | number | readonly string[]> {
  return { ...rest, ...(filters === undefined ? {} : { filters: JSON.stringify(filters) }) };
}

/** The trace files that an operand means: a session or group (its number), or the path of a file as it is listed. */
export async function filesNamed(operand: string, gateway: Gateway): Promise<string[]> {
  if (!/^\d+$/.test(operand)) return [operand];
  const sessions = await gateway.json<Sessions>(`/v1/trace-session/${operand}`).catch((error: unknown) => {
    // A session that was deleted has left its file behind.
    if (error instanceof CliError && error.exitCode === EXIT.failed) return {};
    throw error;
  });
  const files = Object.values(sessions).flatMap(({ file }) => file ?? []);
  if (Object.keys(sessions).length > 0 && files.length === 0)
    throw new CliError(EXIT.failed, `session ${operand} has not written a file yet`);
  return files.length > 0 ? files : [`${operand}.pfw.gz`];
}
