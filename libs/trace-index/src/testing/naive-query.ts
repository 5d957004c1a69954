/**
 * Answers by JSON.parse and arrays, line by line: slow, whole file in memory, numbers rounded as JSON.parse rounds them,
 * and short enough to be seen to be right. Readers are tested against it on traces without 64-bit identities.
 */
export interface NaiveQuery {
  readonly cat?: readonly string[];
  readonly name?: readonly string[];
  readonly pid?: number;
  readonly tid?: number;
  readonly tsMin?: number;
  readonly tsMax?: number;
  readonly overlap?: boolean;
  readonly durMin?: number;
  readonly durMax?: number;
  readonly limit?: number;
  readonly metadata: 'all' | 'referenced' | 'none';
}

type Json = Record<string, unknown>;

const REFERENCES: Readonly<Record<string, string>> = {
  fhash: 'FH',
  hhash: 'HH',
  shash: 'SH',
  cmd_hash: 'SH',
  exec_hash: 'SH',
};

const number = (value: unknown): number | undefined => {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value) ? Number(value) : undefined;
};

function recordOf(line: string): { text: string; json: Json } | undefined {
  const text = line
    .replace(/[ \t\r]+$/, '')
    .replace(/,[ \t\r]*$/, '')
    .replace(/[ \t\r]+$/, '')
    .replace(/^[ \t\r]+/, '');
  if (!text.startsWith('{')) return undefined;
  try {
    return { text, json: JSON.parse(text) as Json };
  } catch {
    return undefined;
  }
}

/** Whether the value is there and within what is asked; anything goes when nothing is asked. */
const within = (value: number | undefined, min: number | undefined, max: number | undefined): boolean =>
  (min === undefined && max === undefined) ||
  (value !== undefined && value >= (min ?? -Infinity) && value <= (max ?? Infinity));

function hits(query: NaiveQuery, json: Json): boolean {
  const [ts, dur] = [number(json['ts']), number(json['dur'])];
  const end = ts === undefined ? undefined : ts + (dur ?? 0);
  const reaches = query.overlap === true && within(end, query.tsMin, undefined) && within(ts, undefined, query.tsMax);
  return [
    query.cat?.includes(json['cat'] as string) ?? true,
    query.name?.includes(json['name'] as string) ?? true,
    within(number(json['pid']), query.pid, query.pid),
    within(number(json['tid']), query.tid, query.tid),
    within(dur, query.durMin, query.durMax),
    within(ts, query.tsMin, query.tsMax) || reaches,
  ].every(Boolean);
}

const isMetadata = (json: Json): boolean => json['ph'] === 'M' || json['ph'] === 4;
const isHashRecord = (json: Json): boolean => ['FH', 'HH', 'SH'].includes(json['name'] as string);
const argsOf = (json: Json): Json => (json['args'] ?? {}) as Json;

function referencesOf(json: Json): string[] {
  return Object.entries(argsOf(json)).flatMap(([key, value]) => {
    const kind = REFERENCES[key];
    return kind === undefined ? [] : [kind + String(value)];
  });
}

function takeReferenced(known: ReadonlyMap<string, string>, sent: Set<string>, json: Json): string[] {
  const ids = referencesOf(json);
  const due = [...known].filter(([id]) => ids.includes(id) && !sent.has(id));
  for (const [id] of due) sent.add(id);
  return due.map(([, definition]) => definition);
}

/** The answer's lines. */
export function naiveSelect(lines: readonly string[], query: NaiveQuery): string[] {
  const answer: string[] = [];
  const known = new Map<string, string>();
  const sent = new Set<string>();
  let events = 0;
  for (const { text, json } of lines.flatMap((line) => recordOf(line) ?? [])) {
    if (events === query.limit) break;
    if (isMetadata(json)) {
      if (query.metadata === 'all') answer.push(text);
      const id = String(json['name']) + String(argsOf(json)['value']);
      if (isHashRecord(json) && !known.has(id)) known.set(id, text);
      continue;
    }
    if (!hits(query, json)) continue;
    if (query.metadata === 'referenced') answer.push(...takeReferenced(known, sent, json));
    answer.push(text);
    events++;
  }
  return answer;
}
