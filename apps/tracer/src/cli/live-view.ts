import { withoutControls } from '../control-characters.js';
import { containersOf, errorsShown, lostIn, type CallTotals, type Sessions, type Summary } from './kernel-answers.js';
import type { Output } from './output.js';
import { showBytes, showCount, showElapsed, showNs } from './quantities.js';
import { cut, tableLines, type Column } from './table.js';

export const CALL_ORDERS = ['time', 'count', 'errors'] as const;
export type CallOrder = (typeof CALL_ORDERS)[number];

/** One look at a running session. */
export interface Look {
  readonly atMs: number;
  readonly sessions: Sessions;
  readonly summary: Summary;
}

interface CallRow {
  readonly totals: CallTotals;
  readonly name: string;
  readonly failed: number;
  readonly perSecond: number | undefined;
}

const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);

/** Calls of a look, with their rate since the look before. */
export function callRows(now: Look, before: Look | undefined, order: CallOrder): CallRow[] {
  const seconds = before === undefined ? 0 : (now.atMs - before.atMs) / 1000;
  const rows = Object.entries(now.summary.calls).map(([name, totals]) => ({
    totals,
    name,
    failed: sum(Object.values(totals.errors)),
    perSecond:
      seconds > 0 ? Math.max(0, (totals.count - (before?.summary.calls[name]?.count ?? 0)) / seconds) : undefined,
  }));
  const key: Record<CallOrder, (row: CallRow) => number> = {
    time: ({ totals }) => totals.totalNs,
    count: ({ totals }) => totals.count,
    errors: ({ failed }) => failed,
  };
  return rows.sort((a, b) => key[order](b) - key[order](a) || b.totals.count - a.totals.count);
}

const BASE: readonly Column<CallRow>[] = [
  { title: 'CALL', value: ({ name }) => name, flexible: true },
  { title: 'COUNT', right: true, value: ({ totals: { count } }) => showCount(count) },
];
const RATE: Column<CallRow> = {
  title: 'PER S',
  right: true,
  value: ({ perSecond }) => (perSecond === undefined ? '' : showCount(perSecond)),
};
const TIMES: readonly Column<CallRow>[] = [
  { title: 'TOTAL', right: true, value: ({ totals: { totalNs } }) => showNs(totalNs) },
  { title: 'P50', right: true, value: ({ totals: { p50Ns } }) => (p50Ns === undefined ? '–' : showNs(p50Ns)) },
  { title: 'P99', right: true, value: ({ totals: { p99Ns } }) => (p99Ns === undefined ? '–' : showNs(p99Ns)) },
  { title: 'MAX', right: true, value: ({ totals: { maxNs } }) => showNs(maxNs) },
  { title: 'ERRORS', value: ({ totals: { errors } }) => errorsShown(errors), flexible: true },
];

/** The table of calls; with `live` the rates as well. `most` rows, and a line about the others. */
export function callLines(rows: readonly CallRow[], most: number, live: boolean, width: number | undefined): string[] {
  const columns = [...BASE, ...(live ? [RATE] : []), ...TIMES];
  const lines = tableLines(columns, rows.slice(0, most), width);
  return rows.length > most ? [...lines, `… and ${rows.length - most} more names`] : lines;
}

/** What stands above the table: what runs, how long, how much, and loss on a line of its own. */
export function headLines(look: Look, before: Look | undefined, startedMs: number, output: Output): string[] {
  const sessions = Object.values(look.sessions);
  const [first] = sessions;
  const events = sum(sessions.map((one) => one.events));
  const eventsBefore = sum(Object.values(before?.sessions ?? {}).map((one) => one.events));
  const seconds = before === undefined ? 0 : (look.atMs - before.atMs) / 1000;
  const rate = seconds > 0 ? `   ${showCount(Math.max(0, events - eventsBefore) / seconds)}/s` : '';
  const bytes = sum(sessions.map((one) => one.bytes));
  const tasks = sum(sessions.map((one) => one.tasks));
  const limit = first?.limits.timeMs ?? 0;
  const elapsed = `${showElapsed(look.atMs - startedMs)}${limit > 0 ? ` of ${showElapsed(limit)}` : ''}`;
  const where = sessions.map(containersOf).join(', ');
  const facts = `events ${showCount(events)}${rate}   file ${showBytes(bytes)}   threads ${showCount(tasks)}`;
  return [
    fit(withoutControls(`${first?.TraceHook ?? ''} on ${where}`), output.width),
    fit(`${look.summary.state} for ${elapsed}   ${facts}`, output.width),
    lossLine(look, output),
  ];
}

function fit(line: string, width: number | undefined): string {
  return width === undefined ? line : cut(line, width);
}

/** In every view, also when it is nothing: a line that is only there in bad times is not looked for. */
export function lossLine(look: Look, output: Output): string {
  const lost = lostIn(look.sessions);
  if (lost === 0) return 'lost none';
  const events = sum(Object.values(look.sessions).map((one) => one.events));
  const share = ((100 * lost) / Math.max(1, lost + events)).toFixed(1);
  return output.alarm(`LOST ${showCount(lost)} records: about ${share} % of what happened is missing`);
}
