import { lookbackUs } from './lookback.js';
import { parseConditions, parseDurationUs, type Condition } from './search-form.js';
import type { SearchBody } from './span-api.js';

/** Traces of one page of results. */
export const PAGE_TRACES = 50;

/** What is wrong with the fields of a search, by field. */
export type SearchProblems = Readonly<Partial<Record<'min' | 'max' | 'where', string>>>;

/**
 * The search that an address means. A part that cannot be read is left out and said in `problems`: searching for something
 * else than the fields show would mislead.
 */
export function searchOf(query: URLSearchParams, nowUs: number): { body: SearchBody; problems: SearchProblems } {
  const text = (key: string): string => query.get(key)?.trim() ?? '';
  const { alternatives, problem } = parseConditions(text('where'));
  const [min, max] = [parseDurationUs(text('min')), parseDurationUs(text('max'))];
  const isBad = (key: string, us: number | undefined): boolean => text(key) !== '' && us === undefined;
  const duration = 'a duration such as 5ms, 1.5s or 20us';
  return {
    problems: {
      ...(isBad('min', min) && { min: duration }),
      ...(isBad('max', max) && { max: duration }),
      ...(problem && { where: `${problem.message} is missing at character ${problem.at + 1}` }),
    },
    body: {
      ...textsOf(text),
      ...(min !== undefined && { minDurationUs: min }),
      ...(max !== undefined && { maxDurationUs: max }),
      ...attributesOf(alternatives),
      ...timeOf(text('from'), text('to'), text('back'), nowUs),
      sort: text('sort') === 'duration' ? 'duration' : 'start',
      limit: PAGE_TRACES,
    },
  };
}

/** One alternative is the plain form, which older servers know, too. */
function attributesOf(alternatives: readonly (readonly Condition[])[]): Pick<SearchBody, 'attributes' | 'anyOf'> {
  if (alternatives.length > 1) return { anyOf: alternatives.map((attributes) => ({ attributes })) };
  return alternatives[0] === undefined ? {} : { attributes: alternatives[0] };
}

function textsOf(text: (key: string) => string): Partial<SearchBody> {
  const status = text('status');
  return {
    ...(text('service') !== '' && { service: text('service') }),
    ...(text('name') !== '' && { name: text('name') }),
    ...(text('kind') !== '' && { kind: text('kind') }),
    ...((status === 'ok' || status === 'error') && { status }),
  };
}

/** A fixed time where the address has one, else a lookback from now, a day when nothing is said. */
function timeOf(from: string, to: string, back: string, nowUs: number): { fromUs: number; toUs: number } {
  if (/^\d{1,16}$/.test(from) && /^\d{1,16}$/.test(to)) return { fromUs: Number(from), toUs: Number(to) };
  return { fromUs: Math.max(0, Math.round(nowUs - lookbackUs(back))), toUs: Math.round(nowUs) };
}
